// Checks the widget's sources: their types, and that no modules import each other in a circle.
import { execFile } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Raises an Error with the compiler's first complaint, or with the first circle of imports. */
export async function checkSources(root) {
  const circle = findCircle(importsOf(await compile(root)));
  if (circle !== null) throw new Error(`Modules import each other: ${circle.join(" -> ")}`);
}

/** Type-checks. Returns the compiler's list of files with the importers of each. */
async function compile(root) {
  const compiler = path.join(
    path.dirname(createRequire(import.meta.url).resolve("typescript/package.json")),
    "bin",
    "tsc",
  );
  try {
    const arguments_ = [compiler, "--noEmit", "--explainFiles"];
    return (await promisify(execFile)(process.execPath, arguments_, { cwd: root })).stdout;
  } catch (error) {
    throw new Error(String(error.stdout).split("\n")[0], { cause: error });
  }
}

/**
 * The files that each file imports. Read from the compiler's list, because that includes type
 * imports: esbuild's metafile leaves them out.
 */
function importsOf(list) {
  const imports = new Map();
  let imported = "";
  for (const line of list.split("\n")) {
    if (/^\S/.test(line)) imported = line;
    const importer = /^\s+Imported via .* from file '(.+)'/.exec(line)?.[1];
    if (importer === undefined) continue;
    imports.set(importer, [...(imports.get(importer) ?? []), imported]);
  }
  // A compiler that words its list differently must not pass every circle.
  if (imports.size === 0) throw new Error("The compiler lists no imports: adapt check.mjs.");
  return imports;
}

/** The first circle, as a path that ends where it starts; null if there is none. */
function findCircle(imports) {
  const done = new Set();
  const visit = (file, path) => {
    const start = path.indexOf(file);
    if (start >= 0) return [...path.slice(start), file];
    if (done.has(file)) return null;
    for (const imported of imports.get(file) ?? []) {
      const circle = visit(imported, [...path, file]);
      if (circle !== null) return circle;
    }
    done.add(file);
    return null;
  };
  for (const file of imports.keys()) {
    const circle = visit(file, []);
    if (circle !== null) return circle;
  }
  return null;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    await checkSources(path.dirname(process.argv[1]));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
