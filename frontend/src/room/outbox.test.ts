import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { CommandRefused, Lost } from "./commands";
import { live, pass } from "./testing/line";
import type { ClientSays } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sessionId = "01900000-0000-7000-8000-000000000002";
const leave = { type: "leave_session", sessionId } as const;

describe("a command", () => {
  test("has a number, and its answer is found by it", async () => {
    const { server, connection, latest } = await live();
    const ids: ClientSays["id"][] = [];
    server.reply = (_, { id }) => void ids.push(id);
    const [first, second] = [connection.ask(leave), connection.ask(leave)];
    await pass();
    latest().says({ type: "ack", id: ids[1], turnId: "second" });
    latest().says({ type: "ack", id: ids[0], turnId: "first" });
    await expect(first).resolves.toMatchObject({ turnId: "first" });
    await expect(second).resolves.toMatchObject({ turnId: "second" });
  });

  test("that is refused says why", async () => {
    const { server, connection } = await live();
    const details = [{ field: "prompt", message: "Too long." }];
    server.reply = (socket, { id }) =>
      socket.says({ type: "error", id, code: "rate_limited", message: "Too much.", details, retryAfter: 2.5 });
    const error: unknown = await connection.ask(leave).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(CommandRefused);
    expect(error).toMatchObject({ message: "Too much.", code: "rate_limited", details, retryAfter: 2.5 });
  });

  test("whose answer was lost may have been done, and one without a connection was not", async () => {
    const { server, connection, latest } = await live();
    server.reply = (socket) => socket.ends(1006);
    await expect(connection.ask(leave)).rejects.toEqual(new Lost(true));
    await expect(connection.ask(leave)).rejects.toMatchObject({ sent: false });
    expect(latest().said).toHaveLength(1);
  });

  test("that no frame can hold is not sent", async () => {
    const { connection, latest } = await live();
    const lanes = { laneIds: null, modelIds: null };
    const asked = connection.ask({ type: "start_comparison", sessionId, prompt: "é".repeat(33_000), ...lanes });
    await expect(asked).rejects.toMatchObject({ code: "too_large" });
    expect(latest().said).toEqual([]);
  });

  test("does not join a queue that does not move", async () => {
    const { connection, latest } = await live();
    latest().bufferedAmount = 10_000;
    expect(connection.signal({ type: "typing", sessionId, typing: true })).toBe(false);
    latest().bufferedAmount = 1_000_000;
    await expect(connection.ask(leave)).rejects.toMatchObject({ sent: false });
    expect(latest().said).toEqual([]);
  });

  test("a signal wants no answer", async () => {
    const { connection, latest } = await live();
    expect(connection.signal({ type: "typing", sessionId, typing: true })).toBe(true);
    expect(latest().said).toEqual([{ type: "typing", sessionId, typing: true }]);
  });
});
