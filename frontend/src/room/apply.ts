// A comparison, changed by its room's events alone: the twin of the server's own reducer. Pure: it knows neither
// sockets nor the screen. What an event does not touch keeps its identity.
import type { Comparison, Ended, Piece, Response, RoomEvent, Totals, Turn } from "./wire";

/** An event that cannot follow what is known. Nothing was changed; the snapshot puts it right. */
export class OutOfStep extends Error {
  override readonly name = "OutOfStep";
}

/** An event that is known already changes nothing. */
export function apply(comparison: Comparison, event: RoomEvent): Comparison {
  switch (event.type) {
    case "model_chunk":
      return changeResponse(comparison, event.responseId, (response) =>
        changed(response, { text: grown(response.text, event) }),
      );
    case "model_reasoning":
      return changeResponse(comparison, event.responseId, (response) =>
        changed(response, { reasoning: grown(response.reasoning, event) }),
      );
    case "model_start":
      return changeResponse(comparison, event.responseId, (response) =>
        response.status === "pending"
          ? changed(response, { status: "streaming", startedAt: event.timestamp })
          : response,
      );
    case "model_retry":
      return changeResponse(comparison, event.responseId, (response) => withRetry(response, event.retry));
    case "model_complete":
    case "model_error":
      return total(
        changeResponse(comparison, event.responseId, (response) => ended(response, event)),
        event.totals,
      );
    case "response_stored":
      return total(
        changeResponse(comparison, event.responseId, (response) => changed(response, { stored: true })),
        event.totals,
      );
    case "turn_started":
      return withTurn(comparison, event.turn);
    case "response_added":
      return withResponse(comparison, event.response);
    case "turn_queued":
      return changeTurn(comparison, event.turnId, (turn) => changed(turn, { queuePlace: event.place }));
    case "choice_made":
      return changeTurn(comparison, event.turnId, (turn) => changed(turn, { chosenResponseId: event.responseId }));
    case "comparison_complete":
    case "comparison_error":
      return total(comparison, event.totals);
    case "comparison_changed":
      return changed(comparison, {
        title: event.title,
        prompt: event.prompt,
        tags: event.tags,
        historyMode: event.historyMode,
        lanes: event.lanes,
        models: event.lanes.filter((lane) => !lane.removed).map((lane) => lane.modelId),
        updatedAt: event.updatedAt,
      });
    default:
      return unheardOf(event);
  }
}

/** A newer server may say more than this page knows: its snapshot has what that did. */
function unheardOf(event: never): never {
  throw new OutOfStep(`nobody has heard of such an event: ${(event as RoomEvent).type}`);
}

/** Offsets and lengths are in UTF-16 units. Adding to a string's end is cheap: nothing is copied until it is read. */
function grown(text: string, { offset, chunk }: Piece): string {
  const known = text.length - offset;
  if (known < 0) throw new OutOfStep(`a piece begins at ${offset}, but the text ends at ${text.length}`);
  const rest = chunk.slice(known);
  if (isSecondHalf(rest.charCodeAt(0)) && !isFirstHalf(text.charCodeAt(text.length - 1))) {
    throw new OutOfStep("a piece begins in the middle of a character");
  }
  return text + rest;
}

const isFirstHalf = (unit: number): boolean => unit >= 0xd800 && unit < 0xdc00;
const isSecondHalf = (unit: number): boolean => unit >= 0xdc00 && unit < 0xe000;

function withRetry(response: Response, retry: Response["retries"][number]): Response {
  if (response.retries.some((known) => known.at === retry.at && isSame(known, retry))) return response;
  return changed(response, { retries: [...response.retries, retry] });
}

function ended(response: Response, event: Ended): Response {
  const failed = event.type === "model_error";
  return changed(response, {
    ...event.metrics,
    status: event.status,
    endedAt: event.timestamp,
    stored: event.stored,
    errorKind: failed ? event.kind : null,
    errorMessage: failed ? event.error : null,
    retryAfter: failed ? event.retryAfter : null,
  });
}

/** Answers that are known are further than those that a turn begins with. */
function withTurn(comparison: Comparison, { responses, ...turn }: Turn): Comparison {
  const known = comparison.turns.some((each) => each.id === turn.id);
  const put = known
    ? changeTurn(comparison, turn.id, (each) => changed(each, turn))
    : changed(comparison, { turns: [...comparison.turns, { ...turn, responses: [] }] });
  return responses.reduce(withResponse, put);
}

function withResponse(comparison: Comparison, response: Response): Comparison {
  if (turnOf(comparison, response.id) >= 0) return comparison;
  const grown = changeTurn(comparison, response.turnId, (turn) =>
    changed(turn, { responses: [...turn.responses, response] }),
  );
  if (response.status !== "pending" && response.status !== "streaming") return grown;
  return changed(grown, { status: "in_progress", updatedAt: later(comparison.updatedAt, response.createdAt) });
}

function changeResponse(
  comparison: Comparison,
  responseId: string,
  change: (response: Response) => Response,
): Comparison {
  const at = turnOf(comparison, responseId);
  const turn = comparison.turns[at];
  if (!turn) throw new OutOfStep(`nobody has heard of response ${responseId}`);
  const place = turn.responses.findIndex((response) => response.id === responseId);
  const responses = replaced(turn.responses, place, change);
  if (responses === turn.responses) return comparison;
  return { ...comparison, turns: comparison.turns.with(at, { ...turn, responses }) };
}

function changeTurn(comparison: Comparison, turnId: string, change: (turn: Turn) => Turn): Comparison {
  const place = comparison.turns.findLastIndex((turn) => turn.id === turnId);
  if (place < 0) throw new OutOfStep(`nobody has heard of turn ${turnId}`);
  return changed(comparison, { turns: replaced(comparison.turns, place, change) });
}

/** From the end: what streams is nearly always in the last turn. */
function turnOf(comparison: Comparison, responseId: string): number {
  return comparison.turns.findLastIndex((turn) => turn.responses.some((response) => response.id === responseId));
}

function total(comparison: Comparison, totals: Totals | null): Comparison {
  return totals ? changed(comparison, totals) : comparison;
}

/** Instants of the wire are in UTC and as precise as they need to be; as text without their Z they sort. */
function later(one: string, other: string): string {
  return one.slice(0, -1) < other.slice(0, -1) ? other : one;
}

function replaced<Item>(items: readonly Item[], place: number, change: (item: Item) => Item): readonly Item[] {
  const before = items[place] as Item;
  const after = change(before);
  return after === before ? items : items.with(place, after);
}

/** The same object when nothing in it is different. */
function changed<Whole extends object>(whole: Whole, values: Partial<Whole>): Whole {
  for (const key in values) {
    if (!isSame(whole[key], values[key])) return { ...whole, ...values };
  }
  return whole;
}

function isSame(one: unknown, other: unknown): boolean {
  if (Object.is(one, other)) return true;
  if (typeof one !== "object" || typeof other !== "object" || one === null || other === null) return false;
  const [these, those] = [Object.entries(one), other as Record<string, unknown>];
  return (
    Array.isArray(one) === Array.isArray(other) &&
    these.length === Object.keys(other).length &&
    these.every(([key, value]) => key in those && isSame(value, those[key]))
  );
}
