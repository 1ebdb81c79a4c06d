// Days and spans of days, all of UTC, as the ledger counts them. "Now" is always given. Knows no money and no words.

/** "2026-11-21". Such names sort as the days do. */
export type Day = string;

export interface Span {
  readonly from: Day;
  /** Included. */
  readonly to: Day;
}

export const periods = ["7", "30", "90", "month", "last-month", "own"] as const;
export type Period = (typeof periods)[number];

const dayLength = 86_400_000;

export function dayOf(moment: Date): Day {
  return moment.toISOString().slice(0, 10);
}

/** Midnight of UTC, with which it begins. */
export function startOf(day: Day): Date {
  return new Date(`${day}T00:00:00Z`);
}

export function isDay(text: string | null): text is Day {
  if (!text || !/^\d{4}-\d\d-\d\d$/.test(text)) return false;
  const start = startOf(text);
  return !Number.isNaN(start.getTime()) && dayOf(start) === text;
}

export function plusDays(day: Day, days: number): Day {
  return dayOf(new Date(startOf(day).getTime() + days * dayLength));
}

export function lengthOf({ from, to }: Span): number {
  return Math.round((startOf(to).getTime() - startOf(from).getTime()) / dayLength) + 1;
}

/** As many days just before. */
export function before(span: Span): Span {
  return { from: plusDays(span.from, -lengthOf(span)), to: plusDays(span.from, -1) };
}

/** What a period means today; `own` is for the dates that somebody chose, in whichever order. */
export function spanOf(period: Period, today: Day, own: Partial<Span> = {}): Span {
  const thisMonth = `${today.slice(0, 7)}-01`;
  switch (period) {
    case "month":
      return { from: thisMonth, to: today };
    case "last-month": {
      const to = plusDays(thisMonth, -1);
      return { from: `${to.slice(0, 7)}-01`, to };
    }
    case "own": {
      const { from = own.to ?? plusDays(today, -29), to = today } = own;
      return from <= to ? { from, to } : { from: to, to: from };
    }
    default:
      return { from: plusDays(today, 1 - Number(period)), to: today };
  }
}

export type Grain = "day" | "week" | "month";

/** How long a bar lasts so that a span of these days has not more of them than an eye can tell apart. */
export function grainOf(days: number): Grain {
  if (days <= 100) return "day";
  return days <= 730 ? "week" : "month";
}

/** The first day of the day, week (from Monday) or month that a day is in. */
export function firstOf(grain: Grain, day: Day): Day {
  if (grain === "day") return day;
  if (grain === "month") return `${day.slice(0, 7)}-01`;
  return plusDays(day, -((startOf(day).getUTCDay() + 6) % 7));
}
