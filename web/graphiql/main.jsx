// The page at /graphiql: GraphiQL with the explorer plugin, opened on the example queries.
import { HISTORY_PLUGIN, GraphiQL } from "graphiql";
import { explorerPlugin } from "@graphiql/plugin-explorer";
import { createRoot } from "react-dom/client";
// GraphiQL loads Monaco lazily, which would leave its style sheet to nobody: see build.mjs.
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

// `WORKER_FILES` is written by build.mjs. Any label but `json` and `graphql` means the editor's.
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

// What the editors start with. Left alone, GraphiQL takes the query and the variables that it stored
// at their last edits, which may be none, and adds a tab for a pair that it finds in no other: a
// page that was reloaded would lose the variables of its first tab.
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
