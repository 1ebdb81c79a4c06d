import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden, goldens } from "./testing/golden";
import { pass, seen, stageOf, tell } from "./testing/stage";
import type { Piece, RoomEvent } from "./wire";

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

test("the server's clock is known as well as its fastest event tells", async () => {
  const { events } = golden("stopped");
  const { server, room } = await stageOf("stopped");
  vi.setSystemTime(Date.parse("2026-11-21T12:05:00Z"));
  for (const event of events.slice(0, 3)) server.publish(event);
  const timestamps = events.slice(0, 3).flatMap((event) => ("timestamp" in event ? [event.timestamp] : []));
  expect(room.skew).toBe(Date.now() - Date.parse(timestamps.at(-1) as string));
});

function firstPiece(): Piece {
  return story.events.find((event) => event.type === "model_chunk") as Piece;
}
