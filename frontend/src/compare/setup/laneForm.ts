// A lane's settings as a form has them: all in words. To and fro, and what is wrong with them. Pure.
import { tokens } from "../../format/quantity";
import { type LaneDraft, type LaneParameters, type LaneSettings, tidy } from "./lanes";
import type { FieldProblem } from "./problems";

export interface LaneForm {
  modelId: string;
  label: string;
  systemPrompt: string;
  temperature: string;
  topP: string;
  maxOutputTokens: string;
  seed: string;
  reasoningEffort: string;
  /** One per line; \n stands for a line break within. */
  stop: string;
  json: boolean;
  schema: string;
  fallbackModelIds: readonly string[];
}

export const mostFallbacks = 5;
const mostStops = 4;

export function formOf(lane: LaneDraft): LaneForm {
  const { temperature, topP, maxOutputTokens, seed, reasoningEffort, stop, responseFormat } = lane.parameters;
  return {
    modelId: lane.modelId,
    label: lane.label,
    systemPrompt: lane.systemPrompt,
    temperature: written(temperature),
    topP: written(topP),
    maxOutputTokens: written(maxOutputTokens),
    seed: written(seed),
    reasoningEffort: reasoningEffort ?? "",
    stop: (stop ?? []).map(escaped).join("\n"),
    json: responseFormat != null,
    schema: responseFormat?.schema ? JSON.stringify(responseFormat.schema, null, 2) : "",
    fallbackModelIds: lane.fallbackModelIds,
  };
}

interface Read {
  readonly settings: LaneSettings;
  /** What has to be said otherwise before it can be saved. */
  readonly problems: readonly FieldProblem[];
}

/** `name`: of the schema, which the form does not show. */
export function settingsFrom(form: LaneForm, name?: string): Read {
  const problems: FieldProblem[] = [];
  const object = (field: string, message: string): void => void problems.push({ field, message });
  const { modelId, label, systemPrompt, fallbackModelIds } = form;
  if (label.length > 80) object("label", "80 characters at most.");
  const parameters = tidy({
    temperature: number(form, "temperature", object, { from: 0, to: 2 }),
    topP: number(form, "topP", object, { above: 0, to: 1 }),
    maxOutputTokens: number(form, "maxOutputTokens", object, { from: 1, to: 10_000_000, whole: true }),
    seed: number(form, "seed", object, { from: -(2 ** 53), to: 2 ** 53, whole: true }),
    reasoningEffort: (form.reasoningEffort || null) as LaneParameters["reasoningEffort"] & (string | null),
    stop: stopsFrom(form.stop, object),
    responseFormat: formatFrom(form, name, object),
  });
  return { settings: { modelId, label: label.trim(), systemPrompt, parameters, fallbackModelIds }, problems };
}

type Report = (field: string, message: string) => void;

interface Range {
  from?: number;
  above?: number;
  to: number;
  whole?: boolean;
}

function number(
  form: LaneForm,
  field: "temperature" | "topP" | "maxOutputTokens" | "seed",
  object: Report,
  { from, above, to, whole = false }: Range,
): number | null {
  const text = form[field].trim().replace(",", ".");
  if (!text) return null;
  const value = Number(text);
  const low = from ?? above ?? 0;
  const within = value <= to && (above === undefined ? value >= low : value > low);
  if (within && (!whole || Number.isInteger(value))) return value;
  const kind = whole ? "A whole number" : "A number";
  const range = above === undefined ? `from ${low} to ${tokens(to)}` : `above ${low}, up to ${to}`;
  object(`parameters.${field}`, field === "seed" ? `${kind}.` : `${kind} ${range}.`);
  return null;
}

function stopsFrom(text: string, object: Report): readonly string[] {
  const stops = text.split("\n").filter(Boolean).map(unescaped);
  if (stops.length > mostStops) object("parameters.stop", `${mostStops} at most.`);
  if (stops.some((each) => each.length > 200)) object("parameters.stop", "200 characters each at most.");
  return stops;
}

type Format = NonNullable<LaneParameters["responseFormat"]>;

function formatFrom({ json, schema }: LaneForm, name: string | undefined, object: Report): Format | null {
  if (!json) return null;
  const named = name ? { name } : {};
  if (!schema.trim()) return named;
  try {
    const given: unknown = JSON.parse(schema);
    if (typeof given === "object" && given !== null && !Array.isArray(given)) {
      return { ...named, schema: given as Record<string, unknown> };
    }
    object("parameters.responseFormat", "A JSON object.");
  } catch {
    object("parameters.responseFormat", "This is no JSON yet.");
  }
  return named;
}

function written(value: number | null | undefined): string {
  return value == null ? "" : String(value);
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll("\t", "\\t");
}

const escapes: Readonly<Record<string, string>> = { n: "\n", t: "\t", "\\": "\\" };

function unescaped(text: string): string {
  return text.replace(/\\([nt\\])/g, (_, letter: string) => escapes[letter] ?? letter);
}
