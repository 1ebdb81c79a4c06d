import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { inTurn } from "./turns";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

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
