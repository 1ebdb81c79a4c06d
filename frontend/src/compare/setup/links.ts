// A set-up as an address, and back. Short and readable where it can be, complete always. Pure.
import { draftOf, inputOf, type LaneDraft, type LaneInput, type LaneParameters, readLanes, tidy } from "./lanes";

export interface LinkedSetup {
  readonly prompt?: string;
  readonly lanes?: readonly LaneDraft[];
  readonly historyMode?: "isolated" | "shared";
}

/** What a link can hold. */
export interface Linkable {
  readonly prompt: string;
  readonly lanes: readonly LaneDraft[];
  readonly historyMode: "isolated" | "shared";
}

export function toLink({ prompt, lanes, historyMode }: Linkable): string {
  const params = new URLSearchParams(lanesAsWords(lanes) ?? { lanes: JSON.stringify(lanes.map(inputOf)) });
  if (lanes.length === 0) params.delete("lanes");
  if (prompt) params.set("prompt", prompt);
  if (historyMode === "shared") params.set("history", "shared");
  const query = params.toString().replace(/%(2F|2C|40|3A)/g, decodeURIComponent); // allowed there, and readable
  return query ? `/?${query}` : "/";
}

export function fromLink(params: URLSearchParams): LinkedSetup {
  const prompt = params.get("prompt");
  const lanes = lanesFrom(params);
  return {
    ...(prompt !== null && { prompt }),
    ...(lanes.length > 0 && { lanes: lanes.map(draftOf) }),
    ...(params.get("history") === "shared" && { historyMode: "shared" as const }),
  };
}

/** Whether the address says anything of a set-up. */
export function isLink(params: URLSearchParams): boolean {
  return ["models", "lanes", "prompt"].some((name) => params.has(name));
}

/** Null: the lanes differ in more than their models, or have more than has a word here. */
function lanesAsWords(lanes: readonly LaneDraft[]): Record<string, string> | null {
  const [first] = lanes;
  if (!first) return null;
  const { systemPrompt, parameters } = first;
  const isLikeFirst = (lane: LaneDraft): boolean =>
    lane.systemPrompt === systemPrompt && same(lane.parameters, parameters);
  const alike = lanes.every((lane) => sayable(lane) && isLikeFirst(lane));
  if (!alike) return null;
  const { temperature, topP, maxOutputTokens, seed, reasoningEffort, stop, responseFormat } = parameters;
  if (stop?.length || responseFormat) return null;
  const given = {
    models: lanes.map((lane) => lane.modelId).join(","),
    system: systemPrompt || undefined,
    temperature,
    top_p: topP,
    max_tokens: maxOutputTokens,
    seed,
    effort: reasoningEffort,
  };
  const said = Object.entries(given).filter(([, value]) => value != null);
  return Object.fromEntries(said.map(([name, value]) => [name, String(value)]));
}

function sayable(lane: LaneDraft): boolean {
  const { modelId } = lane;
  return !lane.label && lane.fallbackModelIds.length === 0 && !modelId.includes(",") && modelId.trim() === modelId;
}

function same(one: LaneParameters, other: LaneParameters): boolean {
  return JSON.stringify(tidy(one)) === JSON.stringify(tidy(other));
}

function lanesFrom(params: URLSearchParams): readonly LaneInput[] {
  try {
    const whole = params.get("lanes");
    if (whole !== null) return readLanes(JSON.parse(whole));
    const models = (params.get("models") ?? "").split(",").map((name) => name.trim()).filter(Boolean);
    const systemPrompt = params.get("system") ?? "";
    return readLanes(models.map((modelId) => ({ modelId, systemPrompt, parameters: parametersFrom(params) })));
  } catch {
    return [];
  }
}

function parametersFrom(params: URLSearchParams): unknown {
  const number = (name: string): number | undefined => (params.get(name) ? Number(params.get(name)) : undefined);
  return {
    temperature: number("temperature"),
    topP: number("top_p"),
    maxOutputTokens: number("max_tokens"),
    seed: number("seed"),
    reasoningEffort: params.get("effort"),
  };
}
