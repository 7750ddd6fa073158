// The texts of the demo page.
const de = {
  title: "Auftrags-Widget",
  subtitle: "So sieht <partnergraph-orders> in einem Portal aus.",
  language: "Sprache",
  theme: "Darstellung",
  "theme.auto": "Wie im System",
  "theme.light": "Hell",
  "theme.dark": "Dunkel",
  view: "Ansicht",
  "view.partner": "Als Partner",
  "view.customer": "Als Kunde",
  selected: "Das Portal wurde informiert: Auftrag {number} wurde geöffnet.",
  missing: "Diese Seite bekommt hier keinen Zugang",
  "missing.help":
    "Zugangsdaten gibt es auf dieser Seite nur im Demobetrieb („make demo“). In Ihrem Portal liefert sie Ihr eigenes Backend; wie das geht, beschreibt docs/widget.md.",
};

const en: typeof de = {
  title: "Orders widget",
  subtitle: "This is <partnergraph-orders> in a portal.",
  language: "Language",
  theme: "Appearance",
  "theme.auto": "As the system",
  "theme.light": "Light",
  "theme.dark": "Dark",
  view: "View",
  "view.partner": "As a partner",
  "view.customer": "As a customer",
  selected: "The portal was told: order {number} was opened.",
  missing: "This page gets no access here",
  "missing.help":
    "Only in demo mode (“make demo”) does this page get access by itself. In your portal, your own backend provides it; docs/widget.md says how.",
};

export type Language = "de" | "en";
export const TEXTS: Readonly<Record<Language, typeof de>> = { de, en };
