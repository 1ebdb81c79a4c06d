// A model as the catalogue says it. Pure: the wire's figures and words come in, the reader's go out.
import type { Schemas } from "../api/client";
import { numberFormat, unknown } from "../format/numbers";
import { providerName } from "../format/providers";
import { compactTokens } from "../format/quantity";

export type Model = Schemas["Model"];
export type Rates = Schemas["Rates"];

/** Where a chip beside it says that it is simulated. */
export function shownName({ displayName, simulated }: Pick<Model, "displayName" | "simulated">): string {
  return simulated ? displayName.replace(/ \(simulated\)$/, "") : displayName;
}

/** Dollars for a million tokens: "$0.25", "$15", "free". Exact figures come as text, because they are. */
export function perMillion(dollars: string | null | undefined, locale?: string): string {
  const value = dollars == null ? Number.NaN : Number(dollars);
  if (!Number.isFinite(value)) return unknown;
  if (value === 0) return "free";
  const whole = Number.isInteger(value);
  return numberFormat(
    {
      style: "currency",
      currency: "USD",
      currencyDisplay: "narrowSymbol",
      minimumFractionDigits: whole ? 0 : 2,
      maximumFractionDigits: 12,
    },
    locale,
  ).format(value);
}

/** Windows are said in round figures: 128k, 1M. */
export function windowOf(tokens: number | null, locale?: string): string {
  return compactTokens(tokens, locale).replace(/([.,]0)(?=[kM]$)/, "");
}

/** Each with its rate, as far as it is charged apart. */
export function statedRates(rates: Rates): readonly (readonly [string, string])[] {
  const said: [string, string | null][] = [
    ["Input", rates.input],
    ["Cached input", rates.cacheRead],
    ["Cache write, 5 min", rates.cacheWrite5M],
    ["Cache write, 1 h", rates.cacheWrite1H],
    ["Audio input", rates.inputAudio],
    ["Output", rates.output],
    ["Reasoning", rates.reasoning],
    ["Audio output", rates.outputAudio],
  ];
  return said.filter((rate): rate is [string, string] => rate[1] !== null);
}

export interface Obstacle {
  readonly words: string;
  /** A key of the user's own would do. */
  readonly key: boolean;
}

/** Why a model cannot be asked, and what to do about it. */
export function obstacleOf(model: Pick<Model, "available" | "unavailableReason" | "provider">): Obstacle | null {
  if (model.available) return null;
  const provider = providerName(model.provider);
  const reason = model.unavailableReason ?? "it is not said why";
  const [, wanted] = /^set (\w+|its key)$/.exec(reason) ?? [];
  if (wanted?.endsWith("_BASE_URL")) {
    return { words: `The server does not know where ${provider} is: whoever runs it sets ${wanted}.`, key: false };
  }
  if (wanted) return { words: `No key for ${provider} yet.`, key: true };
  if (reason.startsWith("not running")) return { words: `${provider} is ${reason}. Start it.`, key: false };
  if (/^(has not|does not) /.test(reason)) return { words: `${provider} ${reason}.`, key: false };
  return { words: `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`, key: false };
}

/** Where the playground is set up with it. */
export function tryAddress(id: string): string {
  return `/?${new URLSearchParams({ models: id })}`;
}
