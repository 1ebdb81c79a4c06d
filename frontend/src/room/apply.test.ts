import { describe, expect, test } from "vitest";

import { apply, OutOfStep } from "./apply";
import { golden, goldens } from "./testing/golden";
import type { Comparison, Piece, Response, RoomEvent } from "./wire";

const replay = (comparison: Comparison, events: readonly RoomEvent[]): Comparison => events.reduce(apply, comparison);
const copied = <Value>(value: Value): Value => structuredClone(value);

test("there are golden logs, and every kind of event is in one", () => {
  const kinds = new Set(goldens.flatMap(([, { events }]) => events.map((event) => event.type)));
  const all: Record<RoomEvent["type"], true> = {
    turn_started: true,
    turn_queued: true,
    response_added: true,
    model_start: true,
    model_chunk: true,
    model_reasoning: true,
    model_retry: true,
    model_complete: true,
    model_error: true,
    response_stored: true,
    comparison_complete: true,
    comparison_error: true,
    choice_made: true,
    comparison_changed: true,
  };
  expect([...kinds].sort()).toEqual(Object.keys(all).sort());
});

describe.each(goldens)("%s", (_name, { snapshot, events, after }) => {
  test("its events lead from its first state to its last", () => {
    expect(replay(snapshot, events)).toEqual(after);
  });

  test("an event that is heard twice changes nothing, not even an identity", () => {
    events.reduce((comparison, event) => {
      const once = apply(comparison, event);
      expect(apply(once, event)).toBe(once);
      expect(apply(once, copied(event))).toBe(once);
      return once;
    }, snapshot);
  });

  test("from the snapshot at any position, the rest leads to the same end", () => {
    for (let cut = 0; cut <= events.length; cut++) {
      const snapshotThen = copied(replay(snapshot, events.slice(0, cut)));
      expect(replay(snapshotThen, events.slice(cut))).toEqual(after);
    }
  });

  test("what was handed in is left as it was", () => {
    const before = copied(snapshot);
    replay(frozen(copied(snapshot)), events.map(frozen));
    expect(snapshot).toEqual(before);
  });
});

const story = golden("six_lanes_with_faults");
const streaming = story.events.findIndex((event) => event.type === "model_chunk");
const begun = replay(story.snapshot, story.events.slice(0, streaming));
const firstPiece = story.events[streaming] as Piece;

test("what an event does not touch keeps its identity", () => {
  const now = apply(begun, firstPiece);
  const [turn, before] = [now.turns[0], begun.turns[0]];
  expect(now.lanes).toBe(begun.lanes);
  expect(turn?.responses.map((response, lane) => response === before?.responses[lane])).toEqual([
    false,
    true,
    true,
    true,
    true,
    true,
  ]);
});

test("text after a hole is out of step", () => {
  expect(() => apply(begun, { ...firstPiece, offset: 1 })).toThrow(OutOfStep);
});

test("an answer or a turn that nobody has heard of is out of step", () => {
  for (const event of story.events.slice(1)) {
    const subject = "responseId" in event || "turnId" in event;
    if (subject && !event.type.startsWith("comparison_")) {
      expect(() => apply(story.snapshot, event), event.type).toThrow(OutOfStep);
    }
  }
  const added = golden("regenerate").events.find((event) => event.type === "response_added");
  expect(() => apply(story.snapshot, added as RoomEvent)).toThrow(OutOfStep);
});

test("an event of a kind that is not known yet is out of step", () => {
  const event = { type: "model_applauded", seq: 9, sessionId: story.snapshot.sessionId } as unknown as RoomEvent;
  expect(() => apply(begun, event)).toThrow(OutOfStep);
});

test("a turn that begins again keeps the answers that are known", () => {
  const [started] = story.events;
  const now = apply(apply(begun, firstPiece), started as RoomEvent);
  expect(textOf(now)).toBe(firstPiece.chunk);
});

test("a prompt makes the comparison as young as its answers, whatever the precision of the instants", () => {
  const [started] = story.events;
  const at = (updatedAt: string): string => apply({ ...story.snapshot, updatedAt }, started as RoomEvent).updatedAt;
  const created = started?.type === "turn_started" ? started.turn.responses.map(({ createdAt }) => createdAt) : [];
  const youngest = created.toSorted().at(-1);
  expect(youngest).toMatch(/\.\d+Z$/);
  expect(at("2026-11-21T12:00:00Z")).toBe(youngest);
  expect(at("2026-11-21T12:59:00Z")).toBe("2026-11-21T12:59:00Z");
});

describe("a text of many planes", () => {
  const text = "a🦊é 👩‍👩‍👧 日本 𝄞\n\u0301z";

  test("is the same wherever its pieces were cut", () => {
    for (let cut = 0; cut <= text.length; cut++) {
      expect(textOf(replay(begun, [piece(0, cut), piece(cut)]))).toBe(text);
    }
  });

  test("is the same however its pieces overlap", () => {
    for (let end = 0; end <= text.length; end++) {
      for (let start = 0; start <= end; start++) {
        expect(textOf(replay(begun, [piece(0, end), piece(start), piece(start, end)]))).toBe(text);
      }
    }
  });

  test("never begins in the middle of a character", () => {
    const whole = apply(begun, { ...firstPiece, offset: 0, chunk: "a" });
    expect(() => apply(whole, { ...firstPiece, offset: 1, chunk: "🦊".slice(1) })).toThrow(OutOfStep);
    expect(() => apply(whole, { ...firstPiece, offset: 0, chunk: "🦊" })).toThrow(OutOfStep);
  });

  function piece(start: number, end = text.length): RoomEvent {
    return { ...firstPiece, offset: start, chunk: text.slice(start, end) };
  }
});

function textOf(comparison: Comparison): string | undefined {
  const answers: readonly Response[] = comparison.turns.flatMap((turn) => turn.responses);
  return answers.find((answer) => answer.id === firstPiece.responseId)?.text;
}

function frozen<Value>(value: Value): Value {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(frozen);
  return value;
}
