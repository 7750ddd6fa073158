// Words, numbers and times as the reader's language writes them.
import { type Language, type TextKey, TEXTS } from "./texts";
import { BUSINESS_ZONE } from "./zone";

type Values = Readonly<Record<string, string | number>>;
/** Texts that differ by number come in pairs: `found.one` and `found.other`. */
type PluralKey = TextKey extends infer Key
  ? Key extends `${infer Stem}.one`
    ? Stem
    : never
  : never;

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
const STEPS = [
  ["year", 365 * DAY],
  ["month", 30 * DAY],
  ["day", DAY],
  ["hour", HOUR],
  ["minute", MINUTE],
] as const;

/** The format for a wanted language; English for one that there are no texts in. */
export function formatFor(wanted: string): Format {
  const tag = known(wanted.replace("_", "-")) ?? "en";
  const language: Language = /^de\b/i.test(tag) ? "de" : "en";
  return new Format(/^(de|en)\b/i.test(tag) ? tag : language, language);
}

/** The language tag, if there is such a language. */
function known(tag: string): string | null {
  try {
    return Intl.DateTimeFormat.supportedLocalesOf(tag)[0] ?? null;
  } catch {
    return null;
  }
}

export class Format {
  readonly #plurals: Intl.PluralRules;
  readonly #numbers: Intl.NumberFormat;
  readonly #relative: Intl.RelativeTimeFormat;
  readonly #instants: Intl.DateTimeFormat;
  readonly #clock: Intl.DateTimeFormat;
  readonly #days: Intl.DateTimeFormat;

  /** `tag` is a BCP 47 tag of the texts' language: "de-AT". */
  constructor(
    readonly tag: string,
    readonly language: Language,
  ) {
    this.#plurals = new Intl.PluralRules(tag);
    this.#numbers = new Intl.NumberFormat(tag);
    this.#relative = new Intl.RelativeTimeFormat(tag, { numeric: "auto" });
    this.#instants = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeStyle: "short" });
    this.#clock = new Intl.DateTimeFormat(tag, { timeStyle: "medium" });
    this.#days = new Intl.DateTimeFormat(tag, { dateStyle: "medium", timeZone: BUSINESS_ZONE });
  }

  /** The text of the catalogue, with its places filled. */
  say(key: TextKey, values: Values = {}): string {
    return TEXTS[this.language][key].replace(/\{(\w+)\}/g, (place, name: string) =>
      String(values[name] ?? place),
    );
  }

  /** The text for so many; `{count}` is their number. */
  count(stem: PluralKey, count: number, values: Values = {}): string {
    const form = this.#plurals.select(count) === "one" ? "one" : "other";
    return this.say(`${stem}.${form}`, { ...values, count: this.number(count) });
  }

  /** The text of a value of the schema; one that is not known yet is shown as it is. */
  value(kind: string, value: string): string {
    return (TEXTS[this.language] as Readonly<Record<string, string>>)[`${kind}.${value}`] ?? value;
  }

  number(value: number): string {
    return this.#numbers.format(value);
  }

  percent(value: string): string {
    const format = new Intl.NumberFormat(this.tag, { style: "percent", maximumFractionDigits: 2 });
    return format.format(Number(value) / 100);
  }

  money({ amount, currency }: { readonly amount: string; readonly currency: string }): string {
    const format = new Intl.NumberFormat(this.tag, { style: "currency", currency });
    // Amounts are exact decimals, and are formatted from their text.
    return format.format(amount as Intl.StringNumericLiteral);
  }

  /** An instant in the reader's own zone. */
  instant(iso: string): string {
    return this.#instants.format(new Date(iso));
  }

  clock(at: number): string {
    return this.#clock.format(at);
  }

  /** A day of the carrier's business, from a date or an instant of it. */
  day(iso: string): string {
    return this.#days.format(new Date(iso.length === 10 ? `${iso}T12:00:00Z` : iso));
  }

  /** How long ago, or how soon: "3 hours ago". */
  ago(iso: string, now = Date.now()): string {
    const seconds = (Date.parse(iso) - now) / 1000;
    for (const [unit, length] of STEPS) {
      if (Math.abs(seconds) >= length) {
        return this.#relative.format(Math.trunc(seconds / length), unit);
      }
    }
    return this.say("justNow");
  }

  /** A duration in its largest unit: "8 days". */
  duration(seconds: number): string {
    const [unit, length] =
      seconds >= 2 * DAY ? STEPS[2] : seconds >= 2 * HOUR ? STEPS[3] : STEPS[4];
    const format = new Intl.NumberFormat(this.tag, {
      style: "unit",
      unit,
      unitDisplay: "long",
      maximumFractionDigits: 0,
    });
    return format.format(Math.max(1, Math.round(seconds / length)));
  }
}
