import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden } from "./testing/golden";
import { pass, type Stage, stageOf } from "./testing/stage";
import type { ClientSays, Person, Response, RoomEvent } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { events, snapshot } = golden("stopped");
const { sessionId } = snapshot;
const [started] = events;
const [first, second] = (started?.type === "turn_started" ? started.turn.responses : []) as [Response, Response];
const end = (responseId: string): RoomEvent =>
  events.find((event) => event.type === "model_complete" && event.responseId === responseId) as RoomEvent;

async function running(): Promise<Stage> {
  const stage = await stageOf("stopped");
  for (const event of events.slice(0, 3)) stage.server.publish(event);
  stage.screen.frame();
  return stage;
}

const saidOf = ({ server }: Stage, type: ClientSays["type"]): ClientSays[] =>
  server.heardOf.filter((said) => said.type === type);

describe("stopping", () => {
  test("is shown at once, and until the end is there", async () => {
    const stage = await running();
    const asked = stage.room.stop(first.id);
    expect([...stage.room.stopping]).toEqual([first.id]);
    await asked;
    stage.screen.frame();
    expect([...stage.room.stopping]).toEqual([first.id]);
    stage.server.publish(end(first.id));
    stage.screen.frame();
    expect(stage.room.stopping.size).toBe(0);
    expect(stage.room.comparison?.turns[0]?.responses[0]?.status).toBe("cancelled");
  });

  test("of all is of those that run", async () => {
    const stage = await running();
    stage.server.publish(end(first.id));
    await stage.room.stopAll();
    expect([...stage.room.stopping]).toEqual([second.id]);
    expect(saidOf(stage, "stop_comparison")).toMatchObject([{ sessionId }]);
  });

  test("that is refused is not shown any more, and says why", async () => {
    const stage = await running();
    stage.server.refusal = { code: "read_only", retryAfter: null };
    await expect(stage.room.stop(first.id)).rejects.toMatchObject({ name: "CommandRefused", code: "read_only" });
    expect(stage.room.stopping.size).toBe(0);
  });

  test("without a connection is said when there is one again, of what still runs", async () => {
    const stage = await running();
    stage.server.away = true;
    stage.server.drop();
    await stage.room.stopAll();
    expect([...stage.room.stopping]).toEqual([first.id, second.id]);
    stage.server.away = false;
    await pass(1000);
    expect(saidOf(stage, "stop_model").map((said) => said.type === "stop_model" && said.responseId)).toEqual([
      first.id,
      second.id,
    ]);
    stage.server.publish(end(first.id));
    stage.server.publish(end(second.id));
    stage.screen.frame();
    expect(stage.room.stopping.size).toBe(0);
  });

  test("of what has ended already shows nothing for long", async () => {
    const stage = await running();
    stage.server.publish(end(first.id));
    stage.screen.frame();
    await stage.room.stop(first.id);
    stage.screen.frame();
    expect(stage.room.stopping.size).toBe(0);
  });
});

describe("a prompt", () => {
  test("goes to all lanes or to some, and is acknowledged", async () => {
    const stage = await running();
    await expect(stage.room.start({ prompt: "And now?", laneIds: ["a"] })).resolves.toMatchObject({ type: "ack" });
    await stage.room.start();
    await stage.room.regenerate(first.id);
    expect(stage.server.heardOf.slice(1)).toMatchObject([
      { type: "start_comparison", sessionId, prompt: "And now?", laneIds: ["a"] },
      { type: "start_comparison", sessionId, prompt: null, laneIds: null },
      { type: "regenerate", responseId: first.id },
    ]);
  });

  test("whose answer was lost is not sent twice", async () => {
    const stage = await running();
    stage.server.deaf.add("start_comparison");
    const failed = expect(stage.room.start({ prompt: "Twice?" })).rejects.toMatchObject({ name: "Lost", sent: true });
    await pass();
    stage.server.drop();
    await failed;
    await pass(60_000);
    expect(saidOf(stage, "start_comparison")).toHaveLength(1);
  });

  test("without a connection was not sent", async () => {
    const stage = await running();
    stage.server.drop();
    await expect(stage.room.start({ prompt: "Now?" })).rejects.toMatchObject({ name: "Lost", sent: false });
  });
});

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

describe("signals", () => {
  test("of typing are sent with the first key, then every three seconds, and when it ends", async () => {
    const stage = await running();
    for (let key = 0; key < 70; key++) {
      stage.room.types();
      await pass(100);
    }
    stage.room.types(false);
    stage.room.types(false);
    await pass();
    expect(saidOf(stage, "typing").map((said) => said.type === "typing" && said.typing)).toEqual([
      true,
      true,
      true,
      false,
    ]);
  });

  test("of typing are sent anew to a room that was joined anew", async () => {
    const stage = await running();
    stage.room.types();
    await pass();
    stage.server.drop();
    await pass(1000);
    stage.room.types();
    await pass();
    expect(saidOf(stage, "typing")).toHaveLength(2);
  });

  test("of the lane that is looked at are sent together, and again after coming back", async () => {
    const stage = await running();
    const told = (): unknown[] => saidOf(stage, "viewing").map((said) => said.type === "viewing" && said.laneId);
    for (const lane of ["a", "b", "c"]) stage.room.view(lane);
    expect(stage.room.viewing).toBe("c");
    await pass(250);
    expect(told()).toEqual(["c"]);
    stage.room.view("c");
    await pass(250);
    expect(told()).toEqual(["c"]);
    stage.server.drop();
    await pass(1000);
    expect(told()).toEqual(["c", "c"]);
    stage.room.view(null);
    await pass(250);
    expect(told()).toEqual(["c", "c", null]);
  });
});

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

test("the server's clock is known as well as its fastest event tells", async () => {
  const { server, room } = await stageOf("stopped");
  vi.setSystemTime(Date.parse("2026-11-21T12:05:00Z"));
  for (const event of events.slice(0, 3)) server.publish(event);
  const timestamps = events.slice(0, 3).flatMap((event) => ("timestamp" in event ? [event.timestamp] : []));
  expect(room.skew).toBe(Date.now() - Date.parse(timestamps.at(-1) as string));
});
