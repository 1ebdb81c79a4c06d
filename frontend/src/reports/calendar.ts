// Days of UTC in the reader's words. The server's days are named as they are, never moved to another zone.
import { type Day, type Grain, lengthOf, type Period, type Span, startOf } from "./days";

const utc = { timeZone: "UTC" } as const;

/** Building one costs far more than using it, and a table names many days. */
const formats = new Map<string, Intl.DateTimeFormat>();

function format(options: Intl.DateTimeFormatOptions, locale?: string): Intl.DateTimeFormat {
  const key = `${locale ?? ""} ${JSON.stringify(options)}`;
  let known = formats.get(key);
  if (!known) formats.set(key, (known = new Intl.DateTimeFormat(locale, { ...options, ...utc })));
  return known;
}

/** "Sat, 21 Nov 2026". */
export function dayName(day: Day, locale?: string): string {
  return format({ weekday: "short", day: "numeric", month: "short", year: "numeric" }, locale).format(startOf(day));
}

/** "21 Nov", below a bar. */
export function binMark(day: Day, grain: Grain, locale?: string): string {
  const options = grain === "month" ? ({ month: "short", year: "2-digit" } as const) : shortDay;
  return format(options, locale).format(startOf(day));
}

/** "Sat, 21 Nov 2026", "16 – 22 Nov 2026", "November 2026". */
export function binName(span: Span, grain: Grain, locale?: string): string {
  if (grain === "day") return dayName(span.from, locale);
  if (grain === "month") return format({ month: "long", year: "numeric" }, locale).format(startOf(span.from));
  return spanName(span, locale);
}

/** "23 Oct – 21 Nov 2026". */
export function spanName({ from, to }: Span, locale?: string): string {
  const both = format({ day: "numeric", month: "short", year: "numeric" }, locale);
  return both.formatRange(startOf(from), startOf(to));
}

/** What it is compared with: "the 30 days before". */
export function beforeName(span: Span): string {
  const days = lengthOf(span);
  return days === 1 ? "the day before" : `the ${days} days before`;
}

export const periodNames: Readonly<Record<Period, string>> = {
  "7": "7 days",
  "30": "30 days",
  "90": "90 days",
  month: "This month",
  "last-month": "Last month",
  own: "Own dates",
};

const shortDay = { day: "numeric", month: "short" } as const;
