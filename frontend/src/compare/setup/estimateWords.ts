// An estimate in words: what a send will likely cost, and from what that is told. Pure.
import type { Schemas } from "../../api/client";
import { shortDate } from "../../format/instant";
import { cost } from "../../format/money";
import { tokens } from "../../format/quantity";

type Estimate = Schemas["Estimate"];
type LaneEstimate = Schemas["LaneEstimate"];

/** "≈ $0.0021 – $0.0094", "≈ $0.013, at most $1.60", "cost unknown". */
export function costWords({ cost: range, lanes, unknownCosts }: Estimate, locale?: string): string {
  const known = spread(range, lanes.every((lane) => lane.outputTokens.basis === "own"), locale);
  if (known === null) return "cost unknown";
  if (unknownCosts === 0) return known;
  return `${known}, and ${unknownCosts === 1 ? "one lane" : `${unknownCosts} lanes`} of unknown cost`;
}

/** For a lane the same in two lines. */
export function laneCost({ cost: { likely, high }, outputTokens }: LaneEstimate, locale?: string): readonly string[] {
  if (likely === null) return ["unknown"];
  const middle = cost(likely, "estimated", locale);
  if (high === null) return [middle, "or more"];
  const most = cost(high, "computed", locale);
  if (middle === `≈ ${most}`) return [middle];
  return [middle, `${outputTokens.basis === "own" ? "up to" : "at most"} ${most}`];
}

/** Said once where it is the same for all lanes. */
export function commonTo(words: readonly string[]): string | null {
  const [first = null, ...others] = new Set(words);
  return others.length === 0 ? first : null;
}

/** Without answers of one's own the upper end is the longest possible answer, which hardly ever comes. */
function spread({ likely, high }: Estimate["cost"], own: boolean, locale?: string): string | null {
  if (likely === null) return null;
  const middle = cost(likely, "estimated", locale);
  if (high === null) return `${middle} or more`;
  const most = cost(high, "computed", locale);
  if (middle === `≈ ${most}`) return middle;
  return own ? `${middle} – ${most}` : `${middle}, at most ${most}`;
}

/** "120 – 480 tokens". */
export function outputWords({ likely, high }: Schemas["OutputEstimate"], locale?: string): string {
  if (high === null || high === likely) return `${tokens(likely, locale)} tokens`;
  return `${tokens(likely, locale)} – ${tokens(high, locale)} tokens`;
}

export function basisWords({ basis, answers }: Schemas["OutputEstimate"], locale?: string): string {
  if (basis === "usual") return "a usual answer, up to the longest possible";
  return answers === 1 ? "as the one answer you had of it" : `as your ${tokens(answers, locale)} answers of it`;
}

export function budgetWords({ remaining, resetsAt, enough }: Schemas["BudgetLeft"], locale?: string): string | null {
  if (remaining === null) return null;
  const until = resetsAt === null ? "" : ` until ${shortDate(resetsAt, locale)}`;
  const left = `${cost(Math.max(0, remaining), "computed", locale)} left in your budget${until}`;
  return enough ? left : `Over budget: ${left}`;
}
