// A comparison turned by its lanes: what each of them was asked and answered. Pure.
import type { Comparison, Lane, Response, Turn } from "../room/wire";

/** All that a lane answered to one prompt, the first attempt first. */
export interface Answers {
  readonly turn: Turn;
  readonly attempts: readonly Response[];
}

export interface Column {
  readonly lane: Lane;
  readonly number: number;
  /** What it is known by; the colour only helps the eye. */
  readonly letter: string;
  readonly colour: string;
  readonly name: string;
  /** What sets it apart from the others. */
  readonly chips: readonly string[];
  readonly answers: readonly Answers[];
}

export type NameOfModel = (modelId: string) => string;

const colours = 8;

/** Without the lanes that were removed before they answered anything. */
export function columnsOf(comparison: Comparison, called: NameOfModel = bareName): readonly Column[] {
  const answered = new Set(comparison.turns.flatMap((turn) => turn.responses.map((response) => response.laneId)));
  const lanes = comparison.lanes.filter((lane) => !lane.removed || answered.has(lane.id));
  const shared = sharedSettings(lanes);
  return lanes.map((lane, number) => ({
    lane,
    number,
    letter: letterOf(number),
    colour: colourOf(number),
    name: lane.label || called(lane.modelId),
    chips: settingsOf(lane).filter((setting) => !shared.has(setting)),
    answers: comparison.turns.flatMap((turn) => {
      const attempts = turn.responses.filter((response) => response.laneId === lane.id);
      return attempts.length > 0 ? [{ turn, attempts }] : [];
    }),
  }));
}

export function letterOf(number: number): string {
  return String.fromCharCode(65 + (number % 26));
}

export function colourOf(number: number): string {
  return `var(--lane-${number % colours})`;
}

/** Without its provider: what there is to say of a model that nobody here knows. */
export function bareName(modelId: string): string {
  return modelId.slice(modelId.indexOf("/") + 1);
}

export function isRunning(response: Pick<Response, "status">): boolean {
  return response.status === "pending" || response.status === "streaming";
}

/** The prompt that is worked on, or was last. */
export function lastTurn(comparison: Comparison): Turn | undefined {
  return comparison.turns.at(-1);
}

export function runs(comparison: Comparison): boolean {
  return comparison.turns.some((turn) => turn.started && turn.responses.some(isRunning));
}

/** As an eye takes it in at once: "temperature 0.2". */
export function settingsOf(lane: Pick<Lane, "parameters" | "systemPrompt" | "fallbackModelIds">): readonly string[] {
  const { temperature, topP, maxOutputTokens, stop, seed, reasoningEffort, responseFormat } = lane.parameters;
  const said = [
    lane.systemPrompt && `system “${shortened(lane.systemPrompt)}”`,
    temperature != null && `temperature ${temperature}`,
    topP != null && `top-p ${topP}`,
    maxOutputTokens != null && `at most ${maxOutputTokens} tokens`,
    reasoningEffort != null && `effort ${reasoningEffort}`,
    seed != null && `seed ${seed}`,
    stop?.length && `stops at ${stop.map((each) => JSON.stringify(each)).join(", ")}`,
    responseFormat != null && "JSON",
    lane.fallbackModelIds.length > 0 && `falls back to ${lane.fallbackModelIds.join(", ")}`,
  ];
  return said.filter((each): each is string => typeof each === "string" && each !== "");
}

function sharedSettings(lanes: readonly Lane[]): ReadonlySet<string> {
  const [first, ...others] = lanes.map(settingsOf);
  if (!first || others.length === 0) return new Set();
  return new Set(first.filter((setting) => others.every((theirs) => theirs.includes(setting))));
}

function shortened(text: string): string {
  const line = text.replace(/\s+/g, " ").trim();
  return line.length > 28 ? `${line.slice(0, 27)}…` : line;
}
