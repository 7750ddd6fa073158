// Scroll positions of the page around the widget.

/** The element's scrolled ancestors, across shadow roots, each with its `scrollTop`. */
export function scrollPositions(element: Element): Array<readonly [Element, number]> {
  const positions: Array<readonly [Element, number]> = [];
  for (let node: Node | null = element; node !== null; node = parentOf(node)) {
    if (node instanceof Element && node.scrollTop > 0) positions.push([node, node.scrollTop]);
  }
  return positions;
}

function parentOf(node: Node): Node | null {
  return node instanceof ShadowRoot ? node.host : node.parentNode;
}
