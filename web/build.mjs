// Bundles GraphiQL into dist/graphiql, as one HTML page and a folder of content-hashed assets, and
// the widget (widget.mjs) into dist/widget. partnergraph serves every file itself: the pages load
// nothing from other origins.
import { readFile, readdir, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { buildWidget } from "./widget.mjs";

const root = path.dirname(fileURLToPath(import.meta.url));
const source = path.join(root, "graphiql");
const target = path.join(root, "dist", "graphiql");
const assets = path.join(target, "assets");

const common = {
  absWorkingDir: root,
  bundle: true,
  format: "esm",
  target: "es2022",
  minify: true,
  metafile: true,
  legalComments: "linked",
  outdir: assets,
  entryNames: "[name]-[hash]",
  chunkNames: "[name]-[hash]",
  assetNames: "[name]-[hash]",
  loader: { ".ttf": "file" },
  define: { "process.env.NODE_ENV": '"production"' },
  logLevel: "warning",
};

// Monaco requests its workers by label. They are built first, because the page gets their hashed
// file names as a constant.
const workers = {
  editor: "monaco-editor/esm/vs/editor/editor.worker.js",
  json: "monaco-editor/esm/vs/language/json/json.worker.js",
  graphql: "monaco-graphql/esm/graphql.worker.js",
};

async function examples() {
  const folder = path.join(source, "examples");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".graphql")).sort();
  return Promise.all(names.map((name) => readFile(path.join(folder, name), "utf8")));
}

function outputs(result) {
  return Object.entries(result.metafile.outputs).map(([file, facts]) => ({
    name: path.basename(file),
    entry: facts.entryPoint,
  }));
}

await rm(target, { recursive: true, force: true });

const workerFiles = {};
for (const [label, entryPoint] of Object.entries(workers)) {
  const result = await build({ ...common, entryPoints: { [`${label}.worker`]: entryPoint } });
  workerFiles[label] = outputs(result).find((output) => output.entry).name;
}

const page = outputs(
  await build({
    ...common,
    entryPoints: { graphiql: path.join(source, "main.jsx") },
    jsx: "automatic",
    // GraphiQL imports the CommonJS files, whose exports would be lost in a lazily loaded chunk.
    alias: {
      "prettier/parser-babel": "prettier/plugins/babel",
      "prettier/parser-graphql": "prettier/plugins/graphql",
    },
    splitting: true,
    define: {
      ...common.define,
      WORKER_FILES: JSON.stringify(workerFiles),
      EXAMPLES: JSON.stringify(await examples()),
    },
  }),
);

// The page's style sheet includes Monaco's rules, because main.jsx imports Monaco. The sheets that
// esbuild writes for lazily loaded chunks repeat them and are never requested.
const main = page.find(({ entry }) => entry?.endsWith("main.jsx")).name;
const sheet = page.find(({ name }) => /^graphiql-.*\.css$/.test(name)).name;
const repeated = page.filter(({ name }) => name.endsWith(".css") && name !== sheet);
await Promise.all(repeated.map(({ name }) => rm(path.join(assets, name))));

const tags = [
  `<link rel="stylesheet" href="graphiql/assets/${sheet}">`,
  `<script type="module" src="graphiql/assets/${main}"></script>`,
];
const template = await readFile(path.join(source, "index.html"), "utf8");
await writeFile(
  path.join(target, "index.html"),
  template.replace("<!-- assets -->", tags.join("\n    ")),
);

try {
  await buildWidget(root);
} catch (error) {
  // build.py shows only this line.
  console.error(`✘ [ERROR] ${error.message}`);
  process.exitCode = 1;
}
