// How an answer stands, in a few words. Pure.
import { duration } from "../format/duration";
import { rate } from "../format/quantity";
import type { Response } from "../room/wire";

export type Tone = "waiting" | "running" | "done" | "stopped" | "failed";

export interface Standing {
  readonly tone: Tone;
  readonly words: string;
}

export interface Pace {
  /** Milliseconds since it began; null: it has not. */
  readonly elapsed: number | null;
  readonly tokensPerSecond: number | null;
}

type Told = Pick<
  Response,
  "status" | "text" | "reasoning" | "retries" | "finishReason" | "errorKind" | "retryAfter" | "responseTimeMs"
>;

export function standingOf(response: Told, pace: Pace, stopping: boolean, queuePlace: number | null): Standing {
  switch (response.status) {
    case "pending":
      return { tone: "waiting", words: queuePlace === null ? waiting(response, pace) : `queued, ${place(queuePlace)}` };
    case "streaming":
      return { tone: "running", words: stopping ? "stopping…" : flowing(response, pace) };
    case "completed":
      return { tone: "done", words: finished(response) };
    case "cancelled":
      return { tone: "stopped", words: "stopped" };
    case "interrupted":
      return { tone: "failed", words: response.errorKind === "restart" ? "cut off by a restart" : "cut off" };
    case "error":
      return { tone: "failed", words: failed(response) };
  }
}

const kinds: Partial<Record<NonNullable<Response["errorKind"]>, string>> = {
  rate_limited: "too many requests",
  unavailable: "not available",
  budget: "no budget left",
  stream_cut: "cut off",
  internal: "our own fault",
};

function failed({ errorKind, retryAfter }: Told): string {
  const words = (errorKind && kinds[errorKind]) ?? errorKind?.replaceAll("_", " ") ?? "failed";
  return retryAfter ? `${words}, free in ${duration(retryAfter * 1000)}` : words;
}

function waiting({ retries }: Told, { elapsed }: Pace): string {
  const last = retries.at(-1);
  if (last) return `try ${retries.length + 1}, after ${last.kind.replaceAll("_", " ")}`;
  return elapsed === null ? "waiting" : `waiting ${duration(elapsed)}`;
}

function flowing(response: Told, { elapsed, tokensPerSecond }: Pace): string {
  const time = elapsed === null ? "" : ` ${duration(elapsed)}`;
  if (!response.text && response.reasoning) return `thinking${time}`;
  if (!response.text) return waiting(response, { elapsed, tokensPerSecond });
  return tokensPerSecond === null ? `answering${time}` : `≈ ${rate(tokensPerSecond)}`;
}

function finished({ finishReason, responseTimeMs }: Told): string {
  const time = responseTimeMs === null ? "" : ` in ${duration(responseTimeMs)}`;
  if (finishReason === "length") return `cut at its token limit${time}`;
  if (finishReason === "content_filter") return `filtered${time}`;
  return `done${time}`;
}

function place(number: number): string {
  return number === 1 ? "next" : `${number - 1} before it`;
}

const longest = 160;

/** How an answer begins, in one line and without its marks. */
export function beginning(text: string): string {
  const marks = /^ {0,3}(?:#{1,6}|>|[-*+]) +|^ {0,3}(?:`{3,}|~{3,}).*$|\*\*|__|~~|`+/gm;
  const words = text
    .slice(0, 4 * longest)
    .replace(marks, "")
    .replace(/\s+/g, " ")
    .trim();
  return words.length > longest ? `${words.slice(0, longest).trimEnd()}…` : words;
}
