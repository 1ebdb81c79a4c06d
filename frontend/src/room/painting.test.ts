import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden } from "./testing/golden";
import { pass, stageOf, tell } from "./testing/stage";
import type { Comparison, Piece } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe("painting", () => {
  test("ten thousand events are painted as often as there are frames", async () => {
    const stage = await stageOf("simple");
    const { events } = golden("simple");
    tell(stage, events.slice(0, 2));
    const piece = events[2] as Piece;
    const painted = new Set<Comparison | null>([stage.room.comparison]);
    for (let number = 0; number < 10_000; number++) {
      stage.server.publish({ ...piece, offset: number * 5, chunk: "word " });
      if (number % 1000 === 999) stage.screen.frame();
      painted.add(stage.room.comparison);
    }
    expect(painted.size).toBe(11);
    expect(stage.room.comparison).toEqual(stage.server.comparison);
  });

  test("a hidden tab is painted twice a second, where there are no frames", async () => {
    const stage = await stageOf("simple");
    const { events } = golden("simple");
    tell(stage, events.slice(0, 2));
    stage.screen.hide(true);
    const piece = events[2] as Piece;
    const painted = new Set<Comparison | null>([stage.room.comparison]);
    for (let number = 0; number < 300; number++) {
      stage.server.publish({ ...piece, offset: number * 5, chunk: "word " });
      await pass(10);
      painted.add(stage.room.comparison);
    }
    expect(painted.size).toBe(7);
    stage.screen.hide(false);
    stage.screen.frame();
    expect(stage.room.comparison).toEqual(stage.server.comparison);
  });
});
