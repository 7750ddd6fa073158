// Days are those of the carrier's business; instants are the reader's.

export const BUSINESS_ZONE = "Europe/Berlin";

const parts = new Intl.DateTimeFormat("en-GB", {
  timeZone: BUSINESS_ZONE,
  year: "numeric",
  month: "numeric",
  day: "numeric",
  hour: "numeric",
  minute: "numeric",
  second: "numeric",
  hourCycle: "h23",
});

/** The instant at which the day of `instant`, moved by some days, begins in the business' zone. */
export function startOfDay(instant: Date, days = 0): string {
  const { year = 0, month = 1, day = 1 } = inZone(instant);
  const guess = Date.UTC(year, month - 1, day + days);
  // The zone's distance to UTC at that midnight: it changes twice a year, never at midnight.
  return new Date(guess - offset(guess)).toISOString();
}

function offset(at: number): number {
  const { year = 0, month = 1, day = 1, hour = 0, minute = 0, second = 0 } = inZone(new Date(at));
  return Date.UTC(year, month - 1, day, hour, minute, second) - at;
}

function inZone(instant: Date): Record<string, number> {
  return Object.fromEntries(
    parts.formatToParts(instant).map(({ type, value }) => [type, Number(value)]),
  );
}
