import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { lineTo, live, pass } from "./testing/line";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("a cookie", () => {
  test("that has run out is renewed, and the page comes back", async () => {
    const renew = vi.fn(async () => true);
    const { connection, latest, ground } = await live({ renew });
    latest().ends(4401);
    await pass(250);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(ground.sockets).toHaveLength(2);
    expect(connection.contact.is).toBe("live");
  });

  test("that cannot be renewed ends it, until it is opened again", async () => {
    const { connection, latest, ground } = await live();
    latest().ends(4401);
    await pass(60_000);
    expect(connection.contact).toEqual({ is: "closed", why: "signed_out" });
    expect(ground.sockets).toHaveLength(1);
    connection.open();
    await pass();
    expect(connection.contact.is).toBe("live");
  });

  test("is asked for again when the server that has to renew it is away", async () => {
    let away = true;
    const renew = async (): Promise<boolean> => (away ? Promise.reject(new TypeError("Failed to fetch")) : true);
    const { connection, latest } = await live({ renew });
    latest().ends(4401);
    await pass(5000);
    expect(connection.contact.is).toBe("lost");
    away = false;
    await pass(15_000);
    expect(connection.contact.is).toBe("live");
  });

  test("that the greeting does not know is renewed once", async () => {
    const renew = vi.fn(async () => true);
    const { server, connection, contacts } = lineTo({ renew });
    server.answer = (socket) => socket.accept(false);
    connection.open();
    await pass(60_000);
    expect(contacts.map(({ is }) => is)).toEqual(["closed"]);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(connection.contact).toEqual({ is: "closed", why: "signed_out" });
  });

  test("that makes the handshake fail looks like a server that is away, until it is renewed", async () => {
    const { server, connection } = lineTo({ renew: async () => false });
    server.answer = (socket) => socket.ends(1006);
    connection.open();
    await pass(60_000);
    expect(connection.contact).toEqual({ is: "closed", why: "signed_out" });
  });

  test("is no business of a server that is away for long", async () => {
    const renew = vi.fn(async () => true);
    const { server, connection } = lineTo({ renew });
    server.answer = (socket) => socket.ends(1006);
    connection.open();
    await pass(300_000);
    expect(renew).toHaveBeenCalledTimes(1);
    expect(connection.contact.is).toBe("lost");
  });
});

describe("a token", () => {
  const token = "bakeoff-share-abc";

  test("is said in the first frame, and nothing is live before it was heard", async () => {
    const { server, connection, contacts, heard } = lineTo({ token });
    server.answer = (socket) => socket.accept(false);
    server.reply = (socket, said) => {
      expect(said).toMatchObject({ type: "authenticate", token });
      expect(connection.contact.is).toBe("connecting");
      socket.says({ type: "authenticated", id: said.id, userId: "guest", name: "Guest" });
    };
    connection.open();
    await pass();
    expect(contacts.map(({ is }) => is)).toEqual(["live"]);
    expect(heard).toMatchObject([{ type: "authenticated", userId: "guest" }]);
  });

  test("that is good for nothing ends it", async () => {
    const { server, connection, ground } = lineTo({ token });
    server.answer = (socket) => socket.accept(false);
    server.reply = (socket, { id }) => socket.says({ type: "error", id, code: "invalid_credentials", message: "No." });
    connection.open();
    await pass(60_000);
    expect(connection.contact).toEqual({ is: "closed", why: "signed_out" });
    expect(ground.sockets).toHaveLength(1);
  });

  test("is said again later when the server cannot judge it now", async () => {
    const { server, connection } = lineTo({ token });
    server.answer = (socket) => socket.accept(false);
    server.reply = (socket, { id }) => socket.says({ type: "error", id, code: "database_unavailable", message: "No." });
    connection.open();
    await pass();
    server.reply = (socket, { id }) => socket.says({ type: "authenticated", id, userId: "guest", name: "Guest" });
    await pass(15_000);
    expect(connection.contact.is).toBe("live");
  });
});

test("each socket has a ticket of its own, and without one there is none", async () => {
  const tickets = ["one", "t/wo"];
  const { ground, latest, connection } = await live({ ticket: async () => tickets.shift() ?? null });
  latest().ends(1006);
  await pass(250);
  expect(ground.sockets.map(({ query }) => query)).toEqual(["?ticket=one", "?ticket=t%2Fwo"]);
  latest().ends(1006);
  await pass(500);
  expect(connection.contact).toEqual({ is: "closed", why: "access_ended" });
});

test("what was closed opens nothing, though its ticket comes at last", async () => {
  let arrive = (_ticket: string): void => {};
  const { connection, ground } = lineTo({ ticket: () => new Promise((resolve) => (arrive = resolve)) });
  connection.open();
  connection.close();
  arrive("late");
  await pass(60_000);
  expect(ground.sockets).toHaveLength(0);
});
