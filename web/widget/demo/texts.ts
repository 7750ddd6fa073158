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
  missing: "Diese Seite hat hier keinen Zugang",
  "missing.help":
    "Zugang erhält diese Seite nur im Demobetrieb („make demo“). In Ihrem Portal stellt ihn Ihr eigenes Backend bereit: siehe docs/widget.md.",
};

const en: typeof de = {
  title: "Orders widget",
  subtitle: "This is how <partnergraph-orders> looks in a portal.",
  language: "Language",
  theme: "Appearance",
  "theme.auto": "As the system",
  "theme.light": "Light",
  "theme.dark": "Dark",
  view: "View",
  "view.partner": "As a partner",
  "view.customer": "As a customer",
  selected: "The portal was notified: order {number} was opened.",
  missing: "This page has no access here",
  "missing.help":
    "This page gets access only in demo mode (“make demo”). In your portal, your own backend provides it: see docs/widget.md.",
};

export type Language = "de" | "en";
export const TEXTS: Readonly<Record<Language, typeof de>> = { de, en };
