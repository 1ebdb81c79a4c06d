import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { inNextFrames, inTurn, keyFirst } from "./turns";

let asked: (() => void)[] = [];

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => asked.push(act));
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function frame(): void {
  for (const act of asked.splice(0)) act();
}

test("one piece of work is done per task, in the order of asking", () => {
  const done: string[] = [];
  for (const name of ["a", "b", "c"]) inTurn(() => done.push(name));
  expect(done).toEqual([]);
  vi.advanceTimersToNextTimer();
  expect(done).toEqual(["a"]);
  vi.runAllTimers();
  expect(done).toEqual(["a", "b", "c"]);
});

test("what is taken back is not done, and what fails holds nobody up", () => {
  const done: string[] = [];
  inTurn(() => {
    throw new Error("broken");
  });
  const takeBack = inTurn(() => done.push("b"));
  inTurn(() => done.push("c"));
  takeBack();
  expect(() => vi.runAllTimers()).toThrow("broken");
  vi.runAllTimers();
  expect(done).toEqual(["c"]);
});

/** Answers that grow without end; what each frame painted of them, when everything in a frame takes so long. */
function growingIn(names: string[], frames: readonly number[]): string[] {
  let painted = "";
  const takesBack = new Map<string, () => void>();
  const grow = (name: string): void => {
    takesBack.set(
      name,
      inNextFrames(() => {
        painted += name;
        grow(name);
      }),
    );
  };
  names.forEach(grow);
  const clock = vi.spyOn(performance, "now").mockReturnValue(0);
  const seen = frames.map((milliseconds) => {
    painted = "";
    frame();
    clock.mockReturnValue(performance.now() + milliseconds);
    vi.runAllTimers();
    return painted;
  });
  for (const takeBack of takesBack.values()) takeBack();
  frame();
  return seen;
}

test("three growing answers are painted in a frame, and all of them before any has its next turn", () => {
  expect(growingIn(["a", "b", "c", "d"], [8, 8, 8, 8])).toEqual(["abc", "dab", "cda", "bcd"]);
});

test("fewer are painted after a frame that took long, never none, and more again after short ones", () => {
  const names = ["a", "b", "c", "d"];
  expect(growingIn(names, [40, 40, 40, 18, 8, 8, 8])).toEqual(["abc", "da", "b", "c", "d", "ab", "cda"]);
});

test("a key that was pressed is shown in the next frame without answers, but they come in every other", () => {
  keyFirst();
  expect(growingIn(["a", "b"], [8, 8])).toEqual(["", "ab"]);
  const painted: string[] = [];
  inNextFrames(() => painted.push("a"));
  keyFirst();
  frame();
  keyFirst();
  frame();
  expect(painted).toEqual(["a"]);
});

test("a growing answer that is taken back is not painted, and one that fails holds nobody up", () => {
  const painted: string[] = [];
  inNextFrames(() => {
    throw new Error("broken");
  });
  const takeBack = inNextFrames(() => painted.push("b"));
  inNextFrames(() => {
    painted.push("c");
    takeBack();
  });
  expect(frame).toThrow("broken");
  frame();
  expect(painted).toEqual(["b", "c"]);
  const gone = inNextFrames(() => painted.push("d"));
  inNextFrames(() => painted.push("e"));
  gone();
  frame();
  expect(painted).toEqual(["b", "c", "e"]);
});
