import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { running } from "./testing/running";
import { pass } from "./testing/stage";
import type { Person } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("notices are for the page, whatever room it is in", async () => {
  const { server, notices } = await running();
  const limited = { type: "rate_limit", command: "start_comparison", remaining: 2, resetAt: "2026-11-21T12:00:00Z" };
  server.signal(limited);
  expect(notices).toEqual([limited]);
});

test("several rooms share one connection, and each hears its own", async () => {
  const { server, ground, rooms, room } = await running();
  const other = rooms.open("01900000-0000-7000-8000-00000000ffff");
  await pass();
  expect(ground.sockets).toHaveLength(1);
  expect(rooms.open(room.sessionId)).toBe(room);
  const people: Person[] = [{ id: "ada", name: "Ada", viewing: null }];
  server.signal({ type: "presence", sessionId: other.sessionId, people, left: [], complete: true });
  expect(other.people).toEqual(people);
  expect(room.people).toEqual([]);
  rooms.close();
  expect([room.contact, other.contact, rooms.contact]).toEqual(Array(3).fill({ is: "closed", why: "left" }));
  await pass(60_000);
  expect(ground.sockets).toHaveLength(1);
});
