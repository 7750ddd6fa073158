// The catalogue: German is the first, English has the same keys or does not compile.
import { de } from "./texts/de";
import { en } from "./texts/en";

export type TextKey = keyof typeof de;
export type Texts = Readonly<Record<TextKey, string>>;
export type Language = "de" | "en";

export const TEXTS: Readonly<Record<Language, Texts>> = { de, en };
