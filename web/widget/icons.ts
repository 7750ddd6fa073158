// Icons as SVG paths, stroked in the colour of the surrounding text.
import type { OrderStatus } from "../.generated/operations";
import { type Markup, h } from "./dom";

const CIRCLE = "M12 3a9 9 0 1 0 0 18a9 9 0 0 0 0-18z";
const PATHS = {
  progress:
    "M12 3a9 9 0 0 1 0 18M12 7v5l3.5 2M4.2 16.5a9 9 0 0 1-1-2.5M3.2 10a9 9 0 0 1 1-2.5M6.5 4.9a9 9 0 0 1 2.3-1.3M8.8 20.4a9 9 0 0 1-2.3-1.3",
  done: `${CIRCLE}M8 12.4l2.7 2.7L16 9.4`,
  error: "M8 3h8l5 5v8l-5 5H8l-5-5V8zM12 8v5M12 16.2v.1",
  hand: "M12 4l9 16H3zM12 10v4.5M12 17.2v.1",
  late: `${CIRCLE}M12 7.5V12l-3 2`,
  all: "M4 6h16M4 12h16M4 18h10",
  search: "M10.5 4a6.5 6.5 0 1 0 0 13a6.5 6.5 0 0 0 0-13zM15.5 15.5L20.5 20.5",
  refresh: "M20 5v5h-5M4 19v-5h5M19.3 10A8 8 0 0 0 5.6 7.2L4 9M4.7 14a8 8 0 0 0 13.7 2.8L20 15",
  back: "M19 12H5M11 6l-6 6l6 6",
  next: "M9 5l7 7l-7 7",
  file: "M6 3h8l5 5v13H6zM14 3v5h5M9 13h7M9 17h5",
  offline:
    "M3 3l18 18M5 12a10 10 0 0 1 4-2.3M2 8.5a15 15 0 0 1 4-2.4M12 6c4 0 7.300 1.200 10 3.500M8.500 15.300a5 5 0 0 1 5.500-.900M12 19v.1",
  spark:
    "M12 3v4M12 17v4M3 12h4M17 12h4M6 6l2.500 2.500M15.500 15.500L18 18M18 6l-2.500 2.500M8.500 15.500L6 18",
} as const;
export type Icon = keyof typeof PATHS;

export const ICON_OF_STATUS: Readonly<Record<OrderStatus, Icon>> = {
  IN_PROGRESS: "progress",
  COMPLETED: "done",
  ERROR: "error",
};

/** A decorative icon: hidden from screen readers, because the text next to it says the same. */
export function icon(name: Icon): Markup {
  const path = h("path", { d: PATHS[name] });
  return h("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, path);
}
