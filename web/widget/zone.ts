// Days are in the carrier's time zone. Times of day are in the reader's.

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

/** The start of the business day that contains `instant`, plus `days`, as an ISO instant. */
export function startOfDay(instant: Date, days = 0): string {
  const { year = 0, month = 1, day = 1 } = inZone(instant);
  const guess = Date.UTC(year, month - 1, day + days);
  // The UTC offset at that midnight. It changes twice a year, but never at midnight.
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
