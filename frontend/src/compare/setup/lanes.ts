// A lane that is being set up: made, compared, and as the API takes it. Pure; knows neither models nor screen.
import type { Schemas } from "../../api/client";

export type LaneParameters = Schemas["LaneParameters"];
export type LaneInput = Schemas["LaneInput"];
export type LaneChange = Schemas["LaneChange"];

export interface LaneDraft {
  /** Names it on this page, also before the server has seen it. */
  readonly key: string;
  /** Of a lane of the comparison. */
  readonly id?: string;
  readonly modelId: string;
  readonly label: string;
  readonly systemPrompt: string;
  readonly parameters: LaneParameters;
  readonly fallbackModelIds: readonly string[];
}

export type LaneSettings = Omit<LaneDraft, "key" | "id">;

export const mostLanes = 24;

let made = 0;

export function newKey(): string {
  return `lane-${++made}`;
}

export function draftOf(lane: LaneInput & { readonly id?: string | null }): LaneDraft {
  return {
    key: lane.id ?? newKey(),
    ...(lane.id && { id: lane.id }),
    modelId: lane.modelId,
    label: lane.label ?? "",
    systemPrompt: lane.systemPrompt ?? "",
    parameters: tidy(lane.parameters ?? {}),
    fallbackModelIds: lane.fallbackModelIds ?? [],
  };
}

export function copyOf(lane: LaneDraft): LaneDraft {
  const { id: _, ...settings } = lane;
  return { ...settings, key: newKey() };
}

/** Without what is only the default anyway. */
export function inputOf(lane: LaneSettings): LaneInput {
  return {
    modelId: lane.modelId,
    ...(lane.label && { label: lane.label }),
    ...(lane.systemPrompt && { systemPrompt: lane.systemPrompt }),
    ...(Object.keys(tidy(lane.parameters)).length > 0 && { parameters: tidy(lane.parameters) }),
    ...(lane.fallbackModelIds.length > 0 && { fallbackModelIds: lane.fallbackModelIds }),
  };
}

/** In one order and without what is not given, so that equal ones look equal. */
export function tidy(parameters: LaneParameters): LaneParameters {
  const given = Object.entries(parameters).filter(([, value]) =>
    Array.isArray(value) ? value.length > 0 : value !== null && value !== undefined,
  );
  return Object.fromEntries(given.sort(([one], [other]) => (one < other ? -1 : 1)));
}

export function sameSettings(one: LaneSettings, other: LaneSettings): boolean {
  return fields.every((field) => sameValue(field, one, other));
}

export const fields = ["modelId", "label", "systemPrompt", "parameters", "fallbackModelIds"] as const;

export function sameValue(field: (typeof fields)[number], one: LaneSettings, other: LaneSettings): boolean {
  if (field === "parameters") return JSON.stringify(tidy(one.parameters)) === JSON.stringify(tidy(other.parameters));
  if (field === "fallbackModelIds") return one.fallbackModelIds.join("\n") === other.fallbackModelIds.join("\n");
  return one[field] === other[field];
}

/** Lanes from outside: kept by an older page, or written into an address by hand. Throws for what is none. */
export function readLanes(given: unknown): readonly LaneInput[] {
  if (!Array.isArray(given) || given.length === 0 || given.length > mostLanes) throw new TypeError("no lanes");
  return given.map(readLane);
}

/** The same of an open comparison, with their ids there. */
export function readChanges(given: unknown): readonly LaneChange[] {
  return readLanes(given).map((lane, place) => {
    const { id } = (given as readonly LaneChange[])[place] ?? {};
    return typeof id === "string" ? { ...lane, id } : lane;
  });
}

function readLane(given: unknown): LaneInput {
  const { modelId, label, systemPrompt, parameters, fallbackModelIds } = given as Partial<LaneSettings>;
  if (typeof modelId !== "string" || !modelId) throw new TypeError("a lane without a model");
  return inputOf({
    modelId,
    label: typeof label === "string" ? label : "",
    systemPrompt: typeof systemPrompt === "string" ? systemPrompt : "",
    parameters: readParameters(parameters),
    fallbackModelIds: Array.isArray(fallbackModelIds) ? fallbackModelIds.map(String).slice(0, 5) : [],
  });
}

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"] as const;

function readParameters(given: unknown): LaneParameters {
  if (typeof given !== "object" || given === null) return {};
  const { temperature, topP, maxOutputTokens, seed, stop, reasoningEffort, responseFormat } = given as LaneParameters;
  const effort = efforts.find((each) => each === reasoningEffort);
  return tidy({
    ...number("temperature", temperature),
    ...number("topP", topP),
    ...number("maxOutputTokens", maxOutputTokens),
    ...number("seed", seed),
    ...(Array.isArray(stop) && { stop: stop.map(String) }),
    ...(effort && { reasoningEffort: effort }),
    ...(typeof responseFormat === "object" && { responseFormat }),
  });
}

function number<Name extends string>(name: Name, value: unknown): { [name in Name]?: number } {
  return typeof value === "number" && Number.isFinite(value) ? ({ [name]: value } as { [name in Name]?: number }) : {};
}

export function changeOf(lane: LaneDraft): LaneChange {
  return { ...inputOf(lane), ...(lane.id && { id: lane.id }) };
}

export function isSame(lane: LaneDraft, there: LaneDraft | undefined): boolean {
  return there !== undefined && lane.id === there.id && sameSettings(lane, there);
}

/** A bare name becomes the id of the one model that has it. */
export function withFullName(lane: LaneDraft, find: (name: string) => { readonly id: string } | undefined): LaneDraft {
  const id = lane.modelId.includes("/") ? undefined : find(lane.modelId)?.id;
  return id ? { ...lane, modelId: id } : lane;
}
