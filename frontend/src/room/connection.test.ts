import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { CommandRefused, Lost } from "./commands";
import { lineTo, live, pass } from "./testing/line";
import type { ClientSays } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sessionId = "01900000-0000-7000-8000-000000000002";
const leave = { type: "leave_session", sessionId } as const;

test("it is live when the server has greeted", async () => {
  const { contacts } = await live();
  expect(contacts.map(({ is }) => is)).toEqual(["live"]);
});

describe("a lost socket", () => {
  test("comes back after a quarter of a second, then after twice as long each time, and 15 s at most", async () => {
    const { server, ground, connection, contacts, latest } = await live({ renew: async () => true });
    server.answer = (socket) => socket.ends(1006);
    latest().ends(1006);
    const waits: number[] = [];
    for (let turn = 0; turn < 9; turn++) {
      const contact = contacts.at(-1);
      if (contact?.is !== "lost" || contact.again === null) throw new Error("It does not say when.");
      waits.push(contact.again - Date.now());
      await pass(contact.again - Date.now() - 1);
      expect(ground.sockets).toHaveLength(turn + 1);
      await pass(1);
      expect(ground.sockets).toHaveLength(turn + 2);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
    expect(connection.contact.is).toBe("lost");
  });

  test("comes back at once when the network does", async () => {
    const { server, ground, connection, latest } = await live({ renew: async () => true });
    server.answer = (socket) => socket.ends(1006);
    latest().ends(1006);
    await pass(60_000);
    server.answer = (socket) => socket.accept();
    ground.wake();
    await pass();
    expect(connection.contact.is).toBe("live");
  });

  test("waits longer each time when it is lost again right away, but not after it was steady", async () => {
    const { contacts, latest } = await live();
    const wait = (): number => {
      latest().ends(4408);
      const contact = contacts.at(-1);
      return contact?.is === "lost" && contact.again !== null ? contact.again - Date.now() : 0;
    };
    expect(wait()).toBe(250);
    await pass(250);
    expect(wait()).toBe(500);
    await pass(500 + 5000);
    expect(wait()).toBe(250);
  });

  test("forgets how long the server was away once it was live again", async () => {
    const { server, latest, contacts } = await live({ renew: async () => true });
    server.answer = (socket) => socket.ends(1006);
    await pass(5000);
    latest().ends(1006);
    await pass(60_000);
    server.answer = (socket) => socket.accept();
    await pass(15_000);
    latest().ends(1006);
    expect(contacts.at(-1)).toEqual({ is: "lost", again: expect.any(Number) as number });
    await pass(500);
    expect(contacts.at(-1)).toEqual({ is: "live" });
  });

  test("that was not welcome stays away for a while", async () => {
    const { ground, latest } = await live();
    latest().ends(1013);
    await pass(5000);
    expect(ground.sockets).toHaveLength(1);
    await pass(10_000);
    expect(ground.sockets).toHaveLength(2);
  });
});

describe("a silent socket", () => {
  test("is replaced when the page wakes up, and what it says late is not heard", async () => {
    const { ground, connection, heard } = await live();
    const [old] = ground.sockets;
    await pass(20_001);
    ground.wake();
    old?.says({ type: "presence", sessionId, people: [], left: [], complete: true });
    await pass();
    expect(ground.sockets).toHaveLength(2);
    expect(old?.readyState).toBe(3);
    expect(heard).toEqual([]);
    expect(connection.contact.is).toBe("live");
  });

  test("stays when it was not silent for long", async () => {
    const { ground, latest } = await live();
    await pass(15_000);
    latest().says({ type: "presence", sessionId, people: [], left: [], complete: true });
    await pass(15_000);
    ground.wake();
    expect(ground.sockets).toHaveLength(1);
  });

  test("is replaced when a command stays without an answer", async () => {
    const { server, ground, connection } = await live();
    await pass(1000);
    server.reply = () => {};
    const asked = connection.ask(leave);
    const failed = expect(asked).rejects.toMatchObject({ name: "Lost", sent: true });
    await pass(15_000);
    await failed;
    expect(ground.sockets).toHaveLength(2);
  });

  test("is given up when it does not even greet", async () => {
    const { server, ground, connection } = lineTo();
    server.answer = () => {};
    connection.open();
    await pass(10_250);
    expect(ground.sockets).toHaveLength(2);
  });
});

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

test("a server that speaks another protocol wants another page", async () => {
  const { server, connection, ground } = lineTo();
  server.answer = (socket) => socket.accept(true, 2);
  connection.open();
  await pass(60_000);
  expect(connection.contact).toEqual({ is: "closed", why: "outdated" });
  expect(ground.sockets).toHaveLength(1);
});

test("what was closed stays closed, whatever was under way", async () => {
  const { connection, ground, latest } = await live();
  latest().ends(1006);
  connection.close();
  ground.wake();
  await pass(60_000);
  expect(connection.contact).toEqual({ is: "closed", why: "left" });
  expect(ground.sockets).toHaveLength(1);
});

test("what is opened again begins without patience", async () => {
  const { server, connection, contacts } = lineTo({ renew: async () => true });
  server.answer = (socket) => socket.ends(1006);
  connection.open();
  await pass(60_000);
  connection.close();
  connection.open();
  await pass();
  expect(contacts.at(-1)).toEqual({ is: "lost", again: Date.now() + 250 });
});

test("chance spreads those who come back", async () => {
  const { ground, contacts, latest } = await live();
  ground.random = () => 0;
  latest().ends(1012);
  expect(contacts.at(-1)).toEqual({ is: "lost", again: Date.now() + 125 });
});
