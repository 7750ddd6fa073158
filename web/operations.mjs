// Generates `.generated/operations.ts` from the widget's GraphQL documents: the hash and the text of
// each, and the types of its variables and its data by the printed schema. The build fails on a
// document that does not validate, and on a field that is read but not selected.
import { createHash } from "node:crypto";
import { mkdir, readFile, readdir, writeFile } from "node:fs/promises";
import path from "node:path";
import { fileURLToPath } from "node:url";
import {
  buildSchema,
  getNamedType,
  isEnumType,
  isInputObjectType,
  isListType,
  isNonNullType,
  Kind,
  parse,
  stripIgnoredCharacters,
  typeFromAST,
  validate,
} from "graphql";

const SCALARS = { Int: "number", Float: "number", Boolean: "boolean" };

const root = path.dirname(fileURLToPath(import.meta.url));
const folder = path.join(root, "widget", "operations");
const module = path.join(root, ".generated", "operations.ts");

/** Writes the module. Returns the documents' texts by hash. */
export async function writeOperations() {
  const schemaFile = path.join(root, "..", "schema", "schema.graphql");
  const schema = buildSchema(await readFile(schemaFile, "utf8"));
  const names = (await readdir(folder)).filter((name) => name.endsWith(".graphql")).sort();
  const operations = await Promise.all(
    names.map(async (name) => read(schema, await readFile(path.join(folder, name), "utf8"), name)),
  );
  await mkdir(path.dirname(module), { recursive: true });
  await writeFile(module, moduleText(schema, operations));
  return Object.fromEntries(operations.map(({ hash, text }) => [hash, text]));
}

function read(schema, source, file) {
  const document = parse(source);
  const [error] = validate(schema, document);
  if (error !== undefined) {
    const line = error.locations?.[0]?.line;
    throw new Error(`${file}:${line}: ${error.message}`);
  }
  const text = stripIgnoredCharacters(source);
  const hash = createHash("sha256").update(text, "utf8").digest("hex");
  const operation = document.definitions.find(({ kind }) => kind === Kind.OPERATION_DEFINITION);
  const fragments = document.definitions.filter(({ kind }) => kind === Kind.FRAGMENT_DEFINITION);
  return { operation, fragments, text, hash, name: operation.name.value };
}

function moduleText(schema, operations) {
  const used = new Map();
  const use = (type) => {
    if (used.has(type.name)) return;
    used.set(type.name, type);
    if (isInputObjectType(type)) {
      for (const field of Object.values(type.getFields())) input(field.type, use);
    }
  };
  const parts = operations.flatMap((operation) => operationText(schema, operation, use));
  const named = [...used.values()].map((type) => namedText(type, use));
  const head = [
    "/** A persisted document, with the types of its variables and its data. */",
    "export interface Operation<Data, Variables> {",
    "  readonly hash: string;",
    "  readonly text: string;",
    "  readonly types?: (variables: Variables) => Data;",
    "}",
  ].join("\n");
  return `${[head, ...named, ...parts].join("\n\n")}\n`;
}

function operationText(schema, { operation, fragments, text, hash, name }, use) {
  const root = schema.getQueryType();
  const variables = (operation.variableDefinitions ?? []).map(({ variable, type }) => {
    const inputType = typeFromAST(schema, type);
    const optional = isNonNullType(inputType) ? "" : "?";
    return `  readonly ${variable.name.value}${optional}: ${input(inputType, use)};`;
  });
  return [
    ...fragments.map((fragment) => {
      const type = schema.getType(fragment.typeCondition.name.value);
      return `export type ${name}${fragment.name.value} = ${selected(type, fragment.selectionSet, name, use)};`;
    }),
    `export type ${name}Data = ${selected(root, operation.selectionSet, name, use)};`,
    `export interface ${name}Variables {\n${variables.join("\n")}\n}`,
    `export const ${name}: Operation<${name}Data, ${name}Variables> = {\n` +
      `  hash: ${JSON.stringify(hash)},\n  text: ${JSON.stringify(text)},\n};`,
  ];
}

/** The TypeScript type of a selection set on an object type. */
function selected(type, { selections }, prefix, use) {
  const fields = selections
    .filter(({ kind }) => kind === Kind.FIELD)
    .map((field) => {
      const key = (field.alias ?? field.name).value;
      const conditional = (field.directives ?? []).length > 0 ? "?" : "";
      const fieldType = type.getFields()[field.name.value].type;
      return `readonly ${key}${conditional}: ${output(fieldType, field.selectionSet, prefix, use)}`;
    });
  const spread = selections
    .filter(({ kind }) => kind === Kind.FRAGMENT_SPREAD)
    .map(({ name }) => `${prefix}${name.value}`);
  const own = fields.length > 0 ? [`{ ${fields.join("; ")} }`] : [];
  return [...spread, ...own].join(" & ");
}

function output(type, selectionSet, prefix, use) {
  const inner = isNonNullType(type) ? type.ofType : type;
  const text = isListType(inner)
    ? `ReadonlyArray<${output(inner.ofType, selectionSet, prefix, use)}>`
    : selectionSet
      ? selected(inner, selectionSet, prefix, use)
      : leaf(inner, use);
  return isNonNullType(type) ? text : `(${text}) | null`;
}

function input(type, use) {
  const inner = isNonNullType(type) ? type.ofType : type;
  return isListType(inner) ? `ReadonlyArray<${input(inner.ofType, use)}>` : leaf(inner, use);
}

function leaf(type, use) {
  const named = getNamedType(type);
  if (!isEnumType(named) && !isInputObjectType(named)) return SCALARS[named.name] ?? "string";
  use(named);
  return named.name;
}

function namedText(type, use) {
  if (isEnumType(type)) {
    const values = type.getValues().map(({ name }) => JSON.stringify(name));
    return `export type ${type.name} = ${values.join(" | ")};`;
  }
  const fields = Object.values(type.getFields()).map((field) => {
    const optional = isNonNullType(field.type) && field.defaultValue === undefined ? "" : "?";
    return `  readonly ${field.name}${optional}: ${input(field.type, use)};`;
  });
  return `export interface ${type.name} {\n${fields.join("\n")}\n}`;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await writeOperations();
