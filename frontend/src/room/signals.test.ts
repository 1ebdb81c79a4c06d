import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { running, saidOf } from "./testing/running";
import { pass } from "./testing/stage";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

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
