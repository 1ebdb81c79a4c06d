import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { lineTo, live, pass } from "./testing/line";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
