// Bundles the widget into dist/widget: the module, the demo page, and the documents by hash.
import { copyFile, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { build, transform } from "esbuild";
import { checkSources } from "./check.mjs";
import { writeOperations } from "./operations.mjs";

/**
 * Loads style sheets as minified texts, which the widget adopts. Replaces rem by the widget's own
 * unit: 1rem is set by the portal, and often to 10 pixels.
 */
const styleTexts = {
  name: "style-texts",
  setup({ onLoad }) {
    onLoad({ filter: /\.css$/ }, async ({ path: file }) => {
      const source = await readFile(file, "utf8");
      const css = source.replace(
        /(?<!--partnergraph-unit, )(-?[\d.]+)rem\b/g,
        "calc($1 * var(--unit))",
      );
      const { code } = await transform(css, { loader: "css", minify: true, target: "es2022" });
      return { contents: code, loader: "text" };
    });
  },
};

export async function buildWidget(root) {
  const source = path.join(root, "widget");
  const target = path.join(root, "dist", "widget");
  await rm(target, { recursive: true, force: true });
  await mkdir(target, { recursive: true });
  const operations = await writeOperations();
  await checkSources(root);
  const common = {
    absWorkingDir: root,
    bundle: true,
    format: "esm",
    target: "es2022",
    minify: true,
    logLevel: "warning",
    outdir: target,
  };
  await Promise.all([
    writeFile(path.join(target, "operations.json"), `${JSON.stringify(operations, null, 2)}\n`),
    build({ ...common, entryPoints: [path.join(source, "orders.ts")], plugins: [styleTexts] }),
    build({
      ...common,
      entryPoints: ["demo.ts", "demo.css"].map((name) => path.join(source, "demo", name)),
    }),
    copyFile(path.join(source, "demo", "index.html"), path.join(target, "index.html")),
  ]);
}
