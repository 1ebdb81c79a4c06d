// A finished comparison as it was at a moment of its course. Pure.
import type { Schemas } from "../api/client";
import type { Comparison, Response, Turn } from "../room/wire";

export type Replay = Schemas["Replay"];
type Played = Schemas["PlayedResponse"];

/** How long a turn took, in milliseconds, as far as its answers were followed. */
export function lengthOf(replay: Replay, turnId: string): number {
  const turn = replay.turns.find((each) => each.turnId === turnId);
  return Math.max(0, turn?.endedMs ?? 0, ...(turn?.responses ?? []).map((response) => response.endedMs ?? 0));
}

/** Everything up to `turnId`, and of that turn what there was after `ms`. */
export function comparisonAt(comparison: Comparison, replay: Replay, turnId: string, ms: number): Comparison {
  const last = comparison.turns.findIndex((turn) => turn.id === turnId);
  const played = new Map(
    replay.turns.flatMap((turn) => turn.responses.map((response) => [response.responseId, response] as const)),
  );
  const turns = comparison.turns
    .slice(0, last + 1)
    .map((turn) => (turn.id === turnId ? turnAt(turn, played, ms) : turn));
  return { ...comparison, turns };
}

function turnAt(turn: Turn, played: ReadonlyMap<string, Played>, ms: number): Turn {
  const responses = turn.responses.flatMap((response) => {
    const its = played.get(response.id);
    return its && its.askedMs <= ms ? [responseAt(response, its, ms)] : [];
  });
  return { ...turn, responses };
}

function responseAt(response: Response, played: Played, ms: number): Response {
  if (played.endedMs !== null && ms >= played.endedMs) return response;
  const since = ms - (played.startedMs ?? Infinity);
  const [, text, reasoning] = played.timeline.findLast(([at]) => at <= since) ?? [0, 0, 0];
  return {
    ...response,
    ...unknownYet,
    status: since >= 0 ? "streaming" : "pending",
    text: response.text.slice(0, text),
    reasoning: response.reasoning.slice(0, reasoning),
    startedAt: since >= 0 ? response.startedAt : null,
    retries: response.retries.slice(0, played.retries.filter((retry) => retry.atMs <= ms).length),
  };
}

const unknownYet = {
  endedAt: null,
  errorKind: null,
  errorMessage: null,
  retryAfter: null,
  inputTokens: null,
  outputTokens: null,
  totalTokens: null,
  buckets: null,
  cost: null,
  costOrigin: "unknown",
  timeToFirstTokenMs: null,
  timeToFirstAnswerMs: null,
  responseTimeMs: null,
  tokensPerSecond: null,
} as const;
