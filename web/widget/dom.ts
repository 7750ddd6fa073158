// Elements as values, and a patch that makes the page like them while it keeps every node that can
// stay: focus, selection and scrolling live in nodes. Text is only ever set as text.

export type Child = Markup | string | null | false | undefined;
type Listener = (event: Event) => void;
type Attribute = string | number | boolean | null | undefined;

interface Properties {
  /** What the node is known by among its siblings; a key that stays keeps its node. */
  readonly key?: string;
  /** Attributes; null and false leave one out, true sets it empty. */
  readonly [attribute: string]: Attribute | Listener;
}

export interface Markup {
  readonly tag: string;
  readonly properties: Properties;
  readonly children: readonly Child[];
}

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "path", "circle"]);
const made = new WeakMap<Node, Markup>();

/** An element. A property `onclick` is a listener; `value` and `checked` are set as properties. */
export function h(
  tag: string,
  properties: Properties = {},
  ...children: ReadonlyArray<Child | readonly Child[]>
): Markup {
  return { tag, properties, children: children.flat() };
}

/** Makes the children of `parent` those that are given. */
export function patch(parent: Node, children: readonly Child[]): void {
  const kept = new Map<string, ChildNode>();
  const loose: ChildNode[] = [];
  for (const node of [...parent.childNodes]) {
    const key = made.get(node)?.properties.key;
    if (key === undefined) loose.push(node);
    else kept.set(key, node);
  }
  let place: ChildNode | null = parent.firstChild;
  for (const child of children) {
    if (child === null || child === false || child === undefined) continue;
    const node = reuse(child, kept, loose);
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
  for (const node of [...kept.values(), ...loose]) node.remove();
}

/** The node of a former round that can show the child, brought up to date, or a new one. */
function reuse(
  child: Exclude<Child, null | false | undefined>,
  kept: Map<string, ChildNode>,
  loose: ChildNode[],
): ChildNode {
  if (typeof child === "string") {
    const index = loose.findIndex((node) => node instanceof Text);
    if (index < 0) return document.createTextNode(child);
    const [text] = loose.splice(index, 1) as [Text];
    if (text.data !== child) text.data = child;
    return text;
  }
  const { key } = child.properties;
  if (key !== undefined) {
    const node = kept.get(key);
    if (node === undefined || made.get(node)?.tag !== child.tag) return create(child);
    kept.delete(key);
    return update(node as Element, child);
  }
  const index = loose.findIndex((node) => made.get(node)?.tag === child.tag);
  if (index < 0) return create(child);
  const [node] = loose.splice(index, 1) as [Element];
  return update(node, child);
}

function create(child: Markup): Element {
  const element = SVG_TAGS.has(child.tag)
    ? document.createElementNS(SVG, child.tag)
    : document.createElement(child.tag);
  return update(element, child);
}

function update(element: Element, child: Markup): Element {
  const former = made.get(element)?.properties ?? {};
  made.set(element, child);
  // The options of a select have to be there before its value can be one of them.
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
    // These move by the reader's hand, too: what counts is what they are, not what they were.
    const target = element as unknown as Record<string, unknown>;
    const wanted = name === "value" ? String(value ?? "") : value === true;
    if (target[name] !== wanted && (name === "value" || value !== former)) target[name] = wanted;
  } else if (value !== former) {
    if (value === null || value === undefined || value === false) element.removeAttribute(name);
    else element.setAttribute(name, value === true ? "" : String(value));
  }
}
