import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden } from "./testing/golden";
import { first, running, saidOf, second, sessionId } from "./testing/running";
import { pass } from "./testing/stage";
import type { RoomEvent } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const { events } = golden("stopped");
const end = (responseId: string): RoomEvent =>
  events.find((event) => event.type === "model_complete" && event.responseId === responseId) as RoomEvent;

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
