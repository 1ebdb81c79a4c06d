import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { lineTo, live, pass } from "./testing/line";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const sessionId = "01900000-0000-7000-8000-000000000002";
const leave = { type: "leave_session", sessionId } as const;

test("it is live when the server has greeted", async () => {
  const { contacts } = await live();
  expect(contacts.map(({ is }) => is)).toEqual(["live"]);
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
