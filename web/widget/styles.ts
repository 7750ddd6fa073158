// Style sheets, adopted by every element. They need no inline styles, so a strict CSP allows them.
import base from "./styles/base.css";
import list from "./styles/list.css";
import order from "./styles/order.css";
import overview from "./styles/overview.css";

let cached: CSSStyleSheet[] | null = null;

export function sheets(): CSSStyleSheet[] {
  cached ??= [base, overview, list, order].map((text) => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(text);
    return sheet;
  });
  return cached;
}
