import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { running, sessionId } from "./testing/running";
import { pass } from "./testing/stage";
import type { Person } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("people", () => {
  const ada: Person = { id: "ada", name: "Ada", viewing: null };
  const bob: Person = { id: "bob", name: "Bob", viewing: null };
  const presence = (people: readonly Person[], left: readonly string[] = [], complete = false): object => ({
    type: "presence",
    sessionId,
    people,
    left,
    complete,
  });
  const types = ({ id, name }: Person, typing: boolean): object => ({
    type: "typing",
    sessionId,
    userId: id,
    name,
    typing,
  });

  test("come, look at lanes and leave", async () => {
    const { server, room } = await running();
    server.signal(presence([ada, bob], [], true));
    server.signal(presence([{ ...ada, viewing: "lane" }]));
    expect(room.people).toEqual([{ ...ada, viewing: "lane" }, bob]);
    server.signal(presence([{ id: "eve", name: "Eve", viewing: null }], ["ada"]));
    expect(room.people.map(({ name }) => name)).toEqual(["Bob", "Eve"]);
    server.signal(presence([ada], [], true));
    expect(room.people).toEqual([ada]);
  });

  test("type until the server says that they do not", async () => {
    const { server, room } = await running();
    server.signal(types(ada, true));
    server.signal(types(bob, true));
    await pass(60_000);
    expect(room.typing).toEqual([
      { id: "ada", name: "Ada" },
      { id: "bob", name: "Bob" },
    ]);
    server.signal(types(ada, false));
    server.signal(presence([], ["bob"]));
    expect(room.typing).toEqual([]);
    server.signal(types(bob, true));
    server.signal(presence([ada, bob], [], true));
    expect(room.typing).toEqual([]);
  });

  test("are not said to type by a connection that is lost", async () => {
    const { server, room } = await running();
    server.signal(types(ada, true));
    server.drop();
    expect(room.typing).toEqual([]);
  });
});
