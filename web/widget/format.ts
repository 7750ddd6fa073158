// Texts, numbers and times in the reader's language.
import { type Language, type TextKey, TEXTS } from "./texts";
import { BUSINESS_ZONE } from "./zone";

type Values = Readonly<Record<string, string | number>>;
/** The keys of plural texts, which come in pairs: `found.one` and `found.other`. */
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

/** The format for a language tag. Falls back to English if there are no texts in the language. */
export function formatFor(requested: string): Format {
  const tag = supportedTag(requested.replace("_", "-")) ?? "en";
  const language: Language = /^de\b/i.test(tag) ? "de" : "en";
  return new Format(/^(de|en)\b/i.test(tag) ? tag : language, language);
}

/** The tag in canonical form; null if the browser does not support it. */
function supportedTag(tag: string): string | null {
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

  /** `tag` is a BCP 47 tag of `language`, such as "de-AT". */
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

  /** The text with its placeholders replaced. */
  text(key: TextKey, values: Values = {}): string {
    return TEXTS[this.language][key].replace(/\{(\w+)\}/g, (placeholder, name: string) =>
      String(values[name] ?? placeholder),
    );
  }

  /** The text in singular or plural; `{count}` is the number. */
  count(stem: PluralKey, count: number, values: Values = {}): string {
    const form = this.#plurals.select(count) === "one" ? "one" : "other";
    return this.text(`${stem}.${form}`, { ...values, count: this.number(count) });
  }

  /** The text for an enum value. A value without a text is returned as it is. */
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
    // Amounts are exact decimals: format the text, not a rounded number.
    return format.format(amount as Intl.StringNumericLiteral);
  }

  /** A date and time in the reader's time zone. */
  instant(iso: string): string {
    return this.#instants.format(new Date(iso));
  }

  /** The time of day in the reader's time zone, from milliseconds since 1970. */
  clock(at: number): string {
    return this.#clock.format(at);
  }

  /** A date in the carrier's time zone, from an ISO date or an instant. */
  day(iso: string): string {
    return this.#days.format(new Date(iso.length === 10 ? `${iso}T12:00:00Z` : iso));
  }

  /** Relative time: "3 hours ago", "in 2 days". */
  ago(iso: string, now = Date.now()): string {
    const seconds = (Date.parse(iso) - now) / 1000;
    for (const [unit, length] of STEPS) {
      if (Math.abs(seconds) >= length) {
        return this.#relative.format(Math.trunc(seconds / length), unit);
      }
    }
    return this.text("justNow");
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
