// Adopted style sheets: a page that allows no inline style lets them pass, and all elements share them.
import base from "./styles/base.css";
import list from "./styles/list.css";
import order from "./styles/order.css";
import overview from "./styles/overview.css";

let made: CSSStyleSheet[] | null = null;

export function sheets(): CSSStyleSheet[] {
  made ??= [base, overview, list, order].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return made;
}
