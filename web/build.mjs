// Bundles GraphiQL into dist/graphiql: one HTML page and an assets folder of content-hashed files;
// and the widget, by widget.mjs, into dist/widget.
// Every file is served by partnergraph itself, so the page needs no other origin.
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

// Monaco asks for its workers by label; their hashed names are only known once they are built,
// so they come first and the page gets the names as a constant.
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
    // GraphiQL names these by files in CommonJS, whose exports a lazily loaded chunk would hide.
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

// The page's own sheet holds Monaco's rules too, since main.jsx imports Monaco. The sheets that
// esbuild writes beside the lazily loaded chunks repeat them, and no browser would ask for one.
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
  // build.py shows this line alone.
  console.error(`✘ [ERROR] ${error.message}`);
  process.exitCode = 1;
}
