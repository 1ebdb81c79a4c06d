// What the server could not use, brought to the lane, the prompt or the file it belongs to. Pure.
import { Refused } from "../../api/client";
import type { LaneDraft } from "./lanes";

export interface FieldProblem {
  /** Within the lane, such as `parameters.temperature`; empty: the lane as a whole. */
  readonly field: string;
  readonly message: string;
}

export interface Problems {
  /** By the very lane that was sent: one that has been changed since is another one. */
  readonly lanes: ReadonlyMap<LaneDraft, readonly FieldProblem[]>;
  /** With the prompt that was sent, for the same reason. */
  readonly prompt: { readonly text: string; readonly message: string } | null;
  readonly attachments: string | null;
  /** What is said where no place was found for it. */
  readonly rest: unknown;
}

export const noProblems: Problems = { lanes: new Map(), prompt: null, attachments: null, rest: null };

export function problemsOf(error: unknown, lanes: readonly LaneDraft[], prompt: string): Problems {
  if (!(error instanceof Refused) || !error.details?.length) return { ...noProblems, rest: error };
  const byLane = new Map<LaneDraft, FieldProblem[]>();
  let placed: Problems = { ...noProblems, lanes: byLane };
  for (const { field, message } of error.details) {
    const [, place, within] = /^(?:lanes|modelIds)\.(\d+)(?:\.(.*))?$/.exec(field) ?? [];
    const lane = place === undefined ? undefined : lanes[Number(place)];
    if (lane) byLane.set(lane, [...(byLane.get(lane) ?? []), { field: within ?? "", message }]);
    else if (field === "prompt") placed = { ...placed, prompt: { text: prompt, message } };
    else if (/^attachments(\.|$)/.test(field)) placed = { ...placed, attachments: message };
    else placed = { ...placed, rest: error };
  }
  return placed;
}

/** Beside the field that it is about; also for what lies within, such as one stop sequence of several. */
export function problemWith(problems: readonly FieldProblem[], field: string): string | undefined {
  return problems.find((each) => each.field === field || each.field.startsWith(`${field}.`))?.message;
}
