// The numbers of one answer in the order they are read in, beside those of the base. Pure.
import { duration, signedDuration } from "../format/duration";
import { cost, costInWords, originMark, signedCost } from "../format/money";
import { signed } from "../format/numbers";
import { compactTokens, rate, signedTokens, tokens } from "../format/quantity";
import type { Response } from "../room/wire";

export interface FigureLine {
  readonly name: string;
  readonly short: string;
  readonly value: string;
  /** Against the base; null without one. */
  readonly difference: string | null;
  readonly detail: string;
}

export function figuresOf(response: Response, base: Response | null): readonly FigureLine[] {
  const beside = (say: (its: Response) => string): string | null => (base && base !== response ? say(base) : null);
  const mark = response.costOrigin === "estimated" || response.cost === null ? "" : ` ${originMark(response.costOrigin)}`;
  return [
    {
      name: "Time to first token",
      short: "first",
      value: duration(response.timeToFirstTokenMs),
      difference: beside((its) => signedDuration(response.timeToFirstTokenMs, its.timeToFirstTokenMs)),
      detail: "From sending to the first piece, without the time it waited here",
    },
    {
      name: "Rate",
      short: "rate",
      value: rate(response.tokensPerSecond),
      difference: beside((its) => signedRate(response.tokensPerSecond, its.tokensPerSecond)),
      detail: "Over the time in which tokens came, not over the wait",
    },
    {
      name: "Total time",
      short: "total",
      value: duration(response.responseTimeMs),
      difference: beside((its) => signedDuration(response.responseTimeMs, its.responseTimeMs)),
      detail: "From sending to the last piece",
    },
    {
      name: "Tokens in",
      short: "in",
      value: estimated(response, compactTokens(response.inputTokens)),
      difference: beside((its) => signedTokens(response.inputTokens, its.inputTokens)),
      detail: bucketsInWords(response),
    },
    {
      name: "Tokens out",
      short: "out",
      value: estimated(response, compactTokens(response.outputTokens)),
      difference: beside((its) => signedTokens(response.outputTokens, its.outputTokens)),
      detail: bucketsInWords(response),
    },
    {
      name: "Cost",
      short: "cost",
      value: `${cost(response.cost, response.costOrigin)}${mark}`,
      difference: beside((its) => signedCost(response.cost, its.cost)),
      detail: costInWords(response.cost, response.costOrigin),
    },
  ];
}

/** "1,204 fresh in, 800 from cache, 312 out, 90 thinking". */
export function bucketsInWords({ buckets, tokensNote }: Pick<Response, "buckets" | "tokensNote">): string {
  if (!buckets) return "No count of tokens is known";
  const parts: readonly (readonly [number, string])[] = [
    [buckets.input, "fresh in"],
    [buckets.cacheRead, "from cache"],
    [buckets.cacheWrite5M + buckets.cacheWrite1H, "into cache"],
    [buckets.inputAudio, "audio in"],
    [buckets.output, "out"],
    [buckets.reasoning, "thinking"],
    [buckets.outputAudio, "audio out"],
  ];
  const said = parts.filter(([number]) => number > 0).map(([number, words]) => `${tokens(number)} ${words}`);
  return [said.join(", ") || "no tokens", tokensNote].filter(Boolean).join(". ");
}

function estimated({ tokensOrigin }: Response, said: string): string {
  return tokensOrigin === "estimated" ? `≈ ${said}` : said;
}

function signedRate(value: number | null, base: number | null): string {
  return value === null || base === null ? "—" : signed(value - base, 0);
}
