// A small virtual DOM. `patch` reuses nodes where it can, because focus, selection and scroll
// positions belong to nodes. Text is only ever set as text, never as HTML.

export type Child = Markup | string | null | false | undefined;
type Listener = (event: Event) => void;
type Attribute = string | number | boolean | null | undefined;

interface Properties {
  /** Identifies the node among its siblings: the same key keeps the same node. */
  readonly key?: string;
  /** Attributes: null and false omit one, true sets it to the empty string. */
  readonly [attribute: string]: Attribute | Listener;
}

export interface Markup {
  readonly tag: string;
  readonly properties: Properties;
  readonly children: readonly Child[];
}

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "circle"]);
/** The markup that each node was last rendered from. */
const rendered = new WeakMap<Node, Markup>();

/** An element. `on…` are listeners; `value` and `open` are set as properties, not attributes. */
export function h(
  tag: string,
  properties: Properties = {},
  ...children: ReadonlyArray<Child | readonly Child[]>
): Markup {
  return { tag, properties, children: children.flat() };
}

/** Updates the children of `parent` to match. */
export function patch(parent: Node, children: readonly Child[]): void {
  const keyed = new Map<string, ChildNode>();
  const unkeyed: ChildNode[] = [];
  for (const node of [...parent.childNodes]) {
    const key = rendered.get(node)?.properties.key;
    if (key === undefined) unkeyed.push(node);
    else keyed.set(key, node);
  }
  let next: ChildNode | null = parent.firstChild;
  for (const child of children) {
    if (child === null || child === false || child === undefined) continue;
    const node = reuse(child, keyed, unkeyed);
    if (node === next) next = next.nextSibling;
    else parent.insertBefore(node, next);
  }
  for (const node of [...keyed.values(), ...unkeyed]) node.remove();
}

/** Updates a node of the last render to show the child, or creates one. */
function reuse(
  child: Exclude<Child, null | false | undefined>,
  keyed: Map<string, ChildNode>,
  unkeyed: ChildNode[],
): ChildNode {
  if (typeof child === "string") {
    const index = unkeyed.findIndex((node) => node instanceof Text);
    if (index < 0) return document.createTextNode(child);
    const [text] = unkeyed.splice(index, 1) as [Text];
    if (text.data !== child) text.data = child;
    return text;
  }
  const { key } = child.properties;
  if (key !== undefined) {
    const node = keyed.get(key);
    if (node === undefined || rendered.get(node)?.tag !== child.tag) return create(child);
    keyed.delete(key);
    return update(node as Element, child);
  }
  const index = unkeyed.findIndex((node) => rendered.get(node)?.tag === child.tag);
  if (index < 0) return create(child);
  const [node] = unkeyed.splice(index, 1) as [Element];
  return update(node, child);
}

function create(child: Markup): Element {
  const element = SVG_TAGS.has(child.tag)
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
  return update(element, child);
}

function update(element: Element, child: Markup): Element {
  const former = rendered.get(element)?.properties ?? {};
  rendered.set(element, child);
  // Children first: a select accepts a value only if it has an option for it.
  patch(element, child.children);
  for (const name of Object.keys(former)) {
    if (!(name in child.properties)) set(element, name, undefined, former[name]);
  }
  for (const [name, value] of Object.entries(child.properties)) {
    set(element, name, value, former[name]);
  }
  return element;
}

function set(
  element: Element,
  name: string,
  value: Attribute | Listener,
  former: Attribute | Listener,
): void {
  if (name === "key") return;
  if (name.startsWith("on")) {
    if (value === former) return;
    const type = name.slice(2);
    if (typeof former === "function") element.removeEventListener(type, former);
    if (typeof value === "function") element.addEventListener(type, value);
  } else if (name === "value" || name === "open") {
    // The reader changes these too: compare with the element's current value, not the former one.
    const target = element as unknown as Record<string, unknown>;
    const next = name === "value" ? String(value ?? "") : value === true;
    if (target[name] !== next && (name === "value" || value !== former)) target[name] = next;
  } else if (value !== former) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}
