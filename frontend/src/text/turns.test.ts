import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { inNextFrames, inTurn } from "./turns";

let asked: (() => void)[] = [];

beforeEach(() => {
  asked = [];
  vi.useFakeTimers();
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => asked.push(act));
});
afterEach(() => {
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

test("three growing answers are painted in a frame, and all of them before any has its next turn", () => {
  const painted: string[] = [];
  const frames: string[][] = [];
  const grow = (name: string): void => {
    inNextFrames(() => {
      painted.push(name);
      if (painted.length < 8) grow(name);
    });
  };
  for (const name of ["a", "b", "c", "d"]) grow(name);
  for (let number = 0; number < 4; number += 1) {
    const before = painted.length;
    frame();
    frames.push(painted.slice(before));
  }
  expect(frames).toEqual([["a", "b", "c"], ["d", "a", "b"], ["c", "d", "a"], ["b", "c"]]);
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
