// Moments on the reader's own clock and calendar. "Now" is always given.

export type Instant = string | Date;

const second = 1000;
const minute = 60 * second;
const hour = 60 * minute;
const day = 24 * hour;

const units: readonly [Intl.RelativeTimeFormatUnit, number, number][] = [
  ["second", second, 45 * second],
  ["minute", minute, 45 * minute],
  ["hour", hour, 22 * hour],
  ["day", day, 26 * day],
  ["month", 30.44 * day, 320 * day],
  ["year", 365.25 * day, Number.POSITIVE_INFINITY],
];

/** "now", "5 minutes ago", "yesterday". */
export function ago(instant: Instant, now: Date, locale?: string): string {
  const passed = now.getTime() - new Date(instant).getTime();
  if (Number.isNaN(passed)) return "";
  const relative = relativeFormat(locale);
  // Two clocks never agree to the second, so nothing counts the first ones and nothing lies ahead.
  if (passed < 10 * second) return relative.format(0, "second");
  const [unit, size] = units.find(([, , limit]) => passed < limit) ?? (["year", 365.25 * day] as const);
  return relative.format(-Math.max(1, Math.round(passed / size)), unit);
}

/** The whole moment, for a tooltip: "21 November 2026 at 14:04". */
export function fullDate(instant: Instant, locale?: string, timeZone?: string): string {
  return format(instant, { dateStyle: "long", timeStyle: "short" }, locale, timeZone);
}

/** "21 Nov 2026". */
export function shortDate(instant: Instant, locale?: string, timeZone?: string): string {
  return format(instant, { dateStyle: "medium" }, locale, timeZone);
}

/** "14:04:05". */
export function timeOfDay(instant: Instant, locale?: string, timeZone?: string): string {
  return format(instant, { hour: "2-digit", minute: "2-digit", second: "2-digit" }, locale, timeZone);
}

// Building a formatter costs far more than using one, and a list has one in every row.
const relatives = new Map<string | undefined, Intl.RelativeTimeFormat>();
const dates = new Map<string, Intl.DateTimeFormat>();

function relativeFormat(locale?: string): Intl.RelativeTimeFormat {
  const known = relatives.get(locale) ?? new Intl.RelativeTimeFormat(locale, { numeric: "auto" });
  relatives.set(locale, known);
  return known;
}

function dateFormat(options: Intl.DateTimeFormatOptions, locale?: string): Intl.DateTimeFormat {
  const key = `${locale ?? ""} ${JSON.stringify(options)}`;
  const known = dates.get(key) ?? new Intl.DateTimeFormat(locale, options);
  dates.set(key, known);
  return known;
}

function format(instant: Instant, options: Intl.DateTimeFormatOptions, locale?: string, timeZone?: string): string {
  const moment = new Date(instant);
  if (Number.isNaN(moment.getTime())) return "";
  const zone = timeZone === undefined ? {} : { timeZone };
  return dateFormat({ ...options, ...zone }, locale).format(moment);
}
