// Where the reader is in a page that scrolls, in whatever part of it.

/** How far everything around the element is scrolled. */
export function placesAround(element: Element): Array<readonly [Element, number]> {
  const places: Array<readonly [Element, number]> = [];
  for (let node: Node | null = element; node !== null; node = parentOf(node)) {
    if (node instanceof Element && node.scrollTop > 0) places.push([node, node.scrollTop]);
  }
  return places;
}

function parentOf(node: Node): Node | null {
  return node instanceof ShadowRoot ? node.host : node.parentNode;
}
