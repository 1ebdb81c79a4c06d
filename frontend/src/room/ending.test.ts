import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden } from "./testing/golden";
import { pass, stageOf, tell } from "./testing/stage";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const story = golden("six_lanes_with_faults");

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
