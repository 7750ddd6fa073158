// The page at /graphiql: GraphiQL with the explorer plugin and a tab for each example query.
import { HISTORY_PLUGIN, GraphiQL } from "graphiql";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createRoot } from "react-dom/client";
// GraphiQL loads Monaco lazily, but its style sheet has to be in the page's: see build.mjs.
import "monaco-graphql/esm/monaco-editor.js";
import "@graphiql/react/style.css";
import "@graphiql/plugin-doc-explorer/style.css";
import "@graphiql/plugin-history/style.css";
import "@graphiql/plugin-explorer/style.css";
import "graphiql/graphiql.css";
import "./style.css";
import { KeyNotice, useApiKey } from "./access.jsx";
import { exampleTabs } from "./examples.js";
import { demo } from "./demo.js";
import { storage } from "./storage.js";

// `WORKER_FILES` is written by build.mjs. Other labels than `json` and `graphql` use the editor's worker.
globalThis.MonacoEnvironment = {
  getWorker(_id, label) {
    const file = WORKER_FILES[label] ?? WORKER_FILES.editor;
    return new Worker(new URL(file, import.meta.url), { type: "module", name: label });
  },
};

const tabs = exampleTabs();
const plugins = [HISTORY_PLUGIN, explorerPlugin({ showAttribution: false })];
const defaultHeaders = demo.apiKey
  ? JSON.stringify({ Authorization: `Bearer ${demo.apiKey}` }, null, 2)
  : undefined;
const open = openTab();

// The tab that the editors start with. By default GraphiQL starts with the query and the variables of
// the last edits, and adds a tab if no tab has both: after a reload, the first tab would lose its
// variables.
function openTab() {
  const stored = JSON.parse(storage.getItem("graphiql:tabState"));
  return stored?.tabs?.[stored.activeTabIndex] ?? tabs[0];
}

function App() {
  const { fetcher, refused, setKey } = useApiKey(new URL("graphql", document.baseURI));
  return (
    <>
      {refused && <KeyNotice refused={refused} onKey={setKey} />}
      <GraphiQL
        fetcher={fetcher}
        plugins={plugins}
        storage={storage}
        defaultTabs={tabs}
        defaultQuery=""
        defaultHeaders={defaultHeaders}
        initialQuery={open.query ?? ""}
        initialVariables={open.variables ?? ""}
        inputValueDeprecation
        schemaDescription
      >
        <GraphiQL.Logo>partnergraph</GraphiQL.Logo>
      </GraphiQL>
    </>
  );
}

createRoot(document.getElementById("partnergraph")).render(<App />);
