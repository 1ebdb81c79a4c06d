import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden, goldens } from "./testing/golden";
import { pass, seen, stageOf, tell } from "./testing/stage";
import type { Comparison, Piece, RoomEvent } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const story = golden("six_lanes_with_faults");

describe("following", () => {
  test.each(goldens)("%s leads to the state that the server has", async (name, { events, after }) => {
    const stage = await stageOf(name);
    tell(stage, events);
    expect(stage.room.contact).toEqual({ is: "live" });
    expect(stage.room.access).toBe("editor");
    expect(await seen(stage)).toEqual(after);
  });

  test.each(goldens)("%s leads there when the connection is lost after any event", async (name, { events, after }) => {
    for (let cut = 0; cut <= events.length; cut++) {
      const stage = await stageOf(name);
      tell(stage, events.slice(0, cut));
      stage.server.drop();
      tell(stage, events.slice(cut));
      expect(await seen(stage)).toEqual(after);
      expect(stage.server.joins).toEqual([{ recovered: false }, { recovered: true }]);
    }
  });

  test("what is there stays while the connection is lost, and the page says when it tries again", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 9));
    stage.screen.frame();
    const before = stage.room.comparison;
    stage.server.away = true;
    stage.server.drop();
    expect(stage.room.contact).toEqual({ is: "lost", again: Date.now() + 250 });
    expect(stage.rooms.contact).toEqual(stage.room.contact);
    expect(stage.room.comparison).toBe(before);
  });

  test("another life of the room begins with its snapshot", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 9));
    stage.server.restart();
    tell(stage, story.events.slice(9));
    expect(await seen(stage)).toEqual(story.after);
    expect(stage.server.joins).toEqual([{ recovered: false }, { recovered: false }]);
  });

  test("who was away for too long begins with the snapshot", async () => {
    const stage = await stageOf("six_lanes_with_faults", (server) => (server.window = 3));
    stage.server.drop();
    tell(stage, story.events);
    expect(await seen(stage)).toEqual(story.after);
    expect(stage.server.joins.at(-1)).toEqual({ recovered: false });
  });

  test("a missing event is noticed with the next one, and the snapshot has both", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    const retry = story.events.findIndex((event) => event.type === "model_retry");
    tell(stage, story.events.slice(0, retry));
    stage.server.swallow(story.events[retry] as RoomEvent);
    expect(stage.server.joins).toHaveLength(1);
    tell(stage, story.events.slice(retry + 1, retry + 2));
    await pass();
    expect(stage.server.joins).toEqual([{ recovered: false }, { recovered: false }]);
    tell(stage, story.events.slice(retry + 2));
    expect(await seen(stage)).toEqual(story.after);
    expect(stage.server.joins).toHaveLength(2);
    expect(stage.room.contact.is).toBe("live");
  });

  test("an event that cannot be is answered by asking for the snapshot", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 4));
    stage.server.signal({ ...firstPiece(), seq: 5, offset: 99 });
    await pass();
    expect(stage.server.joins).toHaveLength(2);
    expect(stage.room.contact.is).toBe("live");
  });

  test("what is missing again and again is not asked for at the speed of the network", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    const { seq } = stage.server.position;
    for (let turn = 0; turn < 400; turn++) {
      stage.server.signal({ ...firstPiece(), seq: seq + 7 });
      await pass(25);
    }
    expect(stage.server.joins.length).toBeLessThan(10);
    expect(stage.server.joins.length).toBeGreaterThan(4);
  });

  test("an event that is known already changes nothing", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 9));
    stage.screen.frame();
    const before = stage.room.comparison;
    stage.server.signal({ ...firstPiece(), seq: 2, chunk: "Never said." });
    stage.screen.frame();
    expect(stage.room.comparison).toBe(before);
  });
});

describe("the end of a room", () => {
  test("says why, keeps what was seen, and nothing brings it back", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 9));
    stage.server.signal({ type: "session_closed", sessionId: story.snapshot.sessionId, reason: "deleted" });
    expect(stage.room.contact).toEqual({ is: "closed", why: "deleted" });
    expect(stage.room.comparison).toEqual(stage.server.comparison);
    stage.server.drop();
    await pass(60_000);
    expect(stage.server.joins).toHaveLength(1);
    expect(stage.room.contact).toEqual({ is: "closed", why: "deleted" });
  });

  test("may be that one may not be there any more", async () => {
    const { server, room } = await stageOf("simple");
    server.signal({ type: "session_closed", sessionId: room.sessionId, reason: "access_ended" });
    expect(room.contact).toEqual({ is: "closed", why: "access_ended" });
  });

  test("may be that there is none", async () => {
    const unknown = { code: "not_found", retryAfter: null };
    const { room, server } = await stageOf("simple", (each) => (each.refusal = unknown));
    expect(room.contact).toEqual({ is: "closed", why: "not_found" });
    await pass(60_000);
    expect(server.heardOf).toHaveLength(1);
  });

  test("is none when the server only has too much to do", async () => {
    const busy = { code: "rate_limited", retryAfter: 3 };
    const { room, server } = await stageOf("simple", (each) => (each.refusal = busy));
    await pass(2999);
    expect(server.heardOf).toHaveLength(1);
    server.refusal = null;
    await pass(1000);
    expect(room.contact).toEqual({ is: "live" });
  });

  test("of somebody who was here before is none of ours, and neither is the answer to his join", async () => {
    const { room, server, latest } = await stageOf("simple", (each) => each.deaf.add("join_session"));
    server.deaf.clear();
    const { sessionId } = room;
    const where = { sessionId, epoch: "life-1", seq: 0 };
    latest().says({ type: "joined", id: 9, ...where, recovered: true, access: "editor", snapshot: null });
    expect(room.contact).toEqual({ is: "connecting" });
    await pass(1000);
    expect(room.comparison).toEqual(server.comparison);
    expect(room.contact).toEqual({ is: "live" });
  });

  test("may be that one leaves, and then the room can be opened again", async () => {
    const { room, rooms, server } = await stageOf("simple");
    room.leave();
    const again = rooms.open(room.sessionId);
    await pass();
    expect(room.contact).toEqual({ is: "closed", why: "left" });
    expect(again).not.toBe(room);
    expect(again.contact).toEqual({ is: "live" });
    expect(server.heardOf.map(({ type }) => type)).toEqual(["join_session", "leave_session", "join_session"]);
  });

  test("does not come from a join that was refused after one had left", async () => {
    const { room, server, latest } = await stageOf("simple", (each) => each.deaf.add("join_session"));
    room.leave();
    latest().says({ type: "error", id: 1, code: "taken_back", message: "", details: [], retryAfter: null });
    await pass(60_000);
    expect(server.heardOf.map(({ type }) => type)).toEqual(["join_session", "leave_session"]);
  });
});

describe("an access token that has run out", () => {
  test("is renewed, and the room goes on where it was", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 9));
    stage.server.drop(4401);
    tell(stage, story.events.slice(9));
    expect(await seen(stage)).toEqual(story.after);
    expect(stage.renew).toHaveBeenCalledTimes(1);
    expect(stage.server.joins.at(-1)).toEqual({ recovered: true });
  });

  test("that cannot be renewed closes the page's contact until somebody is signed in again", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    tell(stage, story.events.slice(0, 9));
    stage.renew.mockResolvedValueOnce(false);
    stage.server.drop(4401);
    tell(stage, story.events.slice(9));
    await pass(60_000);
    expect(stage.room.contact).toEqual({ is: "closed", why: "signed_out" });
    stage.rooms.reconnect();
    expect(await seen(stage)).toEqual(story.after);
    expect(stage.room.contact).toEqual({ is: "live" });
  });
});

describe("painting", () => {
  test("ten thousand events are painted as often as there are frames", async () => {
    const stage = await stageOf("simple");
    const { events } = golden("simple");
    tell(stage, events.slice(0, 2));
    const piece = events[2] as Piece;
    const painted = new Set<Comparison | null>([stage.room.comparison]);
    for (let number = 0; number < 10_000; number++) {
      stage.server.publish({ ...piece, offset: number * 5, chunk: "word " });
      if (number % 1000 === 999) stage.screen.frame();
      painted.add(stage.room.comparison);
    }
    expect(painted.size).toBe(11);
    expect(stage.room.comparison).toEqual(stage.server.comparison);
  });

  test("a hidden tab is painted twice a second, where there are no frames", async () => {
    const stage = await stageOf("simple");
    const { events } = golden("simple");
    tell(stage, events.slice(0, 2));
    stage.screen.hide(true);
    const piece = events[2] as Piece;
    const painted = new Set<Comparison | null>([stage.room.comparison]);
    for (let number = 0; number < 300; number++) {
      stage.server.publish({ ...piece, offset: number * 5, chunk: "word " });
      await pass(10);
      painted.add(stage.room.comparison);
    }
    expect(painted.size).toBe(7);
    stage.screen.hide(false);
    stage.screen.frame();
    expect(stage.room.comparison).toEqual(stage.server.comparison);
  });
});

function firstPiece(): Piece {
  return story.events.find((event) => event.type === "model_chunk") as Piece;
}
