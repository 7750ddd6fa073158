// The catalogue of texts by language.
import { de, type Texts } from "./texts/de";
import { en } from "./texts/en";

export type { TextKey } from "./texts/de";
export type Language = "de" | "en";

export const TEXTS: Readonly<Record<Language, Texts>> = { de, en };
