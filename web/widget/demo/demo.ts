// The demo page: a small portal that provides the widget's token and listens to its events.
import type { PartnergraphOrders } from "../orders";
import { type Language, TEXTS } from "./texts";

const OPTIONS = {
  language: ["de", "en"],
  theme: ["auto", "light", "dark"],
  view: ["partner", "customer"],
} as const;
type Name = keyof typeof OPTIONS;
const NAMES_OF_LANGUAGES = { de: "Deutsch", en: "English" } as const;

const settings = document.getElementById("settings") as HTMLElement;
const place = document.getElementById("place") as HTMLElement;
const chosen = read();

/** Gets a session from the demo's backend, for the selected view. */
async function requestToken(): Promise<string> {
  const response = await fetch("/widget/demo-token", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ view: chosen.view }),
  });
  if (!response.ok) {
    if (response.status === 404 || response.status === 405) explain();
    throw new Error(`${response.status} ${response.statusText}`);
  }
  const { access_token: token } = (await response.json()) as { access_token: string };
  return token;
}

function widget(): PartnergraphOrders {
  const element = document.createElement("partnergraph-orders") as PartnergraphOrders;
  element.setAttribute("state-in-url", "");
  element.tokenProvider = requestToken;
  element.addEventListener("order-selected", (event) => {
    const { number } = (event as CustomEvent<{ number: string }>).detail;
    const line = document.getElementById("told");
    if (line) line.textContent = TEXTS[chosen.language].selected.replace("{number}", number);
  });
  return element;
}

function read(): { language: Language; theme: string; view: string } {
  const query = new URLSearchParams(location.search);
  const one = (name: Name, fallback: string): string =>
    OPTIONS[name].find((option) => option === query.get(name)) ?? fallback;
  const language = /^de/i.test(navigator.language) ? "de" : "en";
  return {
    language: one("language", language) as Language,
    theme: one("theme", "auto"),
    view: one("view", "partner"),
  };
}

function choose(name: Name, value: string): void {
  Object.assign(chosen, { [name]: value });
  const query = new URLSearchParams(chosen);
  // Another view is another reader: drop the route and the widget with the former session.
  history.replaceState(history.state, "", `?${query}${name === "view" ? "" : location.hash}`);
  if (name === "view") place.replaceChildren(widget());
  show();
}

function show(): void {
  const texts = TEXTS[chosen.language];
  document.documentElement.lang = chosen.language;
  document.documentElement.dataset["theme"] = chosen.theme;
  document.title = `${texts.title} · partnergraph`;
  const element = place.querySelector("partnergraph-orders");
  element?.setAttribute("locale", chosen.language);
  element?.setAttribute("theme", chosen.theme);

  const focused = document.activeElement?.id;
  const title = Object.assign(document.createElement("h1"), { textContent: texts.title });
  const subtitle = Object.assign(document.createElement("p"), { textContent: texts.subtitle });
  const told = Object.assign(document.createElement("p"), { id: "told" });
  told.setAttribute("role", "status");
  const head = document.createElement("div");
  head.append(title, subtitle, told);
  const controls = document.createElement("div");
  controls.className = "controls";
  controls.append(...(Object.keys(OPTIONS) as Name[]).map(control));
  settings.replaceChildren(head, controls);
  if (focused) document.getElementById(focused)?.focus();
}

function control(name: Name): HTMLElement {
  const texts = TEXTS[chosen.language] as Readonly<Record<string, string>>;
  const select = Object.assign(document.createElement("select"), { id: name, name });
  for (const option of OPTIONS[name]) {
    const words =
      name === "language" ? NAMES_OF_LANGUAGES[option as Language] : texts[`${name}.${option}`];
    select.add(new Option(words, option, false, chosen[name] === option));
  }
  select.addEventListener("change", () => choose(name, select.value));
  const label = document.createElement("label");
  label.append(
    Object.assign(document.createElement("span"), { textContent: texts[name] ?? "" }),
    select,
  );
  return label;
}

/** Shows that only a demo server issues sessions to this page. */
function explain(): void {
  const texts = TEXTS[chosen.language];
  const box = document.createElement("section");
  box.className = "missing";
  box.append(
    Object.assign(document.createElement("h2"), { textContent: texts.missing }),
    Object.assign(document.createElement("p"), { textContent: texts["missing.help"] }),
  );
  place.replaceChildren(box);
}

place.append(widget());
show();
