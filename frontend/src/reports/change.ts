// What there is now against what there was before, for the eye and in words. Knows no page.
import { cost } from "../format/money";
import { count, decimal, signedPercent, unknown } from "../format/numbers";

/** Beyond that "+2,350 %" says less than "×25". */
const timesFrom = 10;

export interface Change {
  /** "+12 %", "×25", "new", "—". */
  readonly short: string;
  /** To be followed by what it is compared with: "12 % more than", "as much as". */
  readonly words: string;
}

export function costChange(now: number, then: number, locale?: string): Change {
  const words = changeInWords(now, then, cost(Math.abs(now - then), "computed", locale), locale);
  return { short: ratio(now, then, locale), words };
}

export function countChange(now: number, then: number, locale?: string): Change {
  return {
    short: ratio(now, then, locale),
    words: changeInWords(now, then, count(Math.abs(now - then), locale), locale),
  };
}

/** To sort by: from −1 upwards, what is new above all that only grew. */
export function changeRank(now: number, then: number): number {
  if (then) return (now - then) / then;
  return now ? Number.POSITIVE_INFINITY : 0;
}

function ratio(now: number, then: number, locale?: string): string {
  if (!then) return now ? "new" : unknown;
  return now / then >= timesFrom ? `×${decimal(now / then, 0, locale)}` : signedPercent(now, then, locale);
}

function changeInWords(now: number, then: number, difference: string, locale?: string): string {
  if (now === then) return "as much as";
  const direction = now > then ? "more" : "less";
  if (!then) return `${difference} ${direction} than`;
  if (now / then >= timesFrom) return `${decimal(now / then, 0, locale)} times as much as`;
  const parts = signedPercent(now, then, locale);
  // A difference that rounds to nothing is still one.
  return parts.startsWith("0") ? "about as much as" : `${parts.slice(1)} ${direction} than`;
}
