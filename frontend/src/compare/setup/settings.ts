// What a lane is told beside the prompt, as an eye takes it in at once, and whether its model takes it. Pure.
import { compactTokens } from "../../format/quantity";
import { cost } from "../../format/money";
import { unknown } from "../../format/numbers";
import type { LaneParameters, LaneSettings } from "./lanes";
import type { Model } from "./models.svelte";

export type ParameterName = Model["capabilities"]["parameters"][number];

export interface Setting {
  readonly words: string;
  /** False: the model does not take it, and it is left out. */
  readonly taken: boolean;
}

/** Each by its name on the wire, and by the one that the catalogue has for it. */
export const parameterNames = {
  temperature: "temperature",
  topP: "top_p",
  maxOutputTokens: "max_output_tokens",
  stop: "stop",
  seed: "seed",
  reasoningEffort: "reasoning_effort",
  responseFormat: "response_format",
} as const satisfies Record<keyof LaneParameters, ParameterName>;

export function takes(model: Model | undefined, name: keyof LaneParameters): boolean {
  return !model || model.capabilities.parameters.includes(parameterNames[name]);
}

export function settingsOf(lane: LaneSettings, model: Model | undefined): readonly Setting[] {
  const { temperature, topP, maxOutputTokens, stop, seed, reasoningEffort, responseFormat } = lane.parameters;
  const given: [keyof LaneParameters, string | false][] = [
    ["temperature", temperature != null && `temp ${temperature}`],
    ["topP", topP != null && `top-p ${topP}`],
    ["maxOutputTokens", maxOutputTokens != null && `≤ ${compactTokens(maxOutputTokens)}`],
    ["reasoningEffort", reasoningEffort != null && `effort ${reasoningEffort}`],
    ["seed", seed != null && `seed ${seed}`],
    ["stop", !!stop?.length && (stop.length === 1 ? "1 stop" : `${stop.length} stops`)],
    ["responseFormat", responseFormat != null && "JSON"],
  ];
  const parameters = given.flatMap(([name, words]) => (words ? [{ words, taken: takes(model, name) }] : []));
  const { systemPrompt, fallbackModelIds } = lane;
  return [
    ...(systemPrompt ? [{ words: "system", taken: true }] : []),
    ...parameters,
    ...(fallbackModelIds.length > 0 ? [{ words: `+${fallbackModelIds.length} fallback`, taken: true }] : []),
  ];
}

/** Simulated ones are marked beside their names. */
export function nameOfModel(id: string, model: Model | undefined): string {
  const controls = id.includes("@") ? id.slice(id.indexOf("@")) : "";
  if (!model) return id.slice(id.indexOf("/") + 1);
  return model.displayName.replace(/ \(simulated\)$/, "") + controls;
}

/** "$5 / $25", in and out. */
export function priceOf({ prices }: Model): string {
  if (!prices) return unknown;
  const { input, output } = prices.rates;
  return `${amount(input, prices.currency)} / ${amount(output, prices.currency)}`;
}

function amount(rate: string | null, currency: string): string {
  if (rate === null) return unknown;
  return currency === "USD" ? cost(Number(rate)) : `${rate} ${currency}`;
}
