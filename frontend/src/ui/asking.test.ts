import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Refused } from "../api/client";
import { Asking, besides, problemWith } from "./asking.svelte";

const weak = new Refused("These fields cannot be used: password.", 422, "validation_failed", "r1", [
  { field: "password", message: "At least 8 characters, please." },
]);

beforeEach(() => {
  vi.useFakeTimers();
});

afterEach(() => {
  vi.useRealTimers();
});

test("what is wrong with a field is said of that field alone", () => {
  expect(problemWith("password", weak)).toBe("At least 8 characters, please.");
  expect(problemWith("email", weak)).toBeUndefined();
  expect(problemWith("email", null)).toBeUndefined();
});

test("an error is not said twice, and never not at all", () => {
  expect(besides(["password"], weak)).toBeNull();
  expect(besides(["email"], weak)).toBe(weak);
  const gone = new Refused("Gone.", 410);
  expect(besides(["email"], gone)).toBe(gone);
  expect(besides([], null)).toBeNull();
});

test("while one asks, nobody asks again", async () => {
  const asking = new Asking();
  let finish = (): void => {};
  const first = asking.run(() => new Promise<void>((resolve) => (finish = resolve)));
  expect(asking.busy).toBe(true);
  expect(await asking.run(() => Promise.reject(new Error("never asked")))).toBe(false);
  finish();
  expect(await first).toBe(true);
  expect([asking.busy, asking.error]).toEqual([false, null]);
});

test("who is told to wait counts down, and asks nothing meanwhile", async () => {
  const asking = new Asking();
  const ask = vi.fn(() => Promise.reject(new Refused("Too many tries.", 429, "too_many_tries", "r2", [], 2)));
  expect(await asking.run(ask)).toBe(false);
  expect(asking.wait).toBe(2);
  await asking.run(ask);
  vi.advanceTimersByTime(1000);
  expect(asking.wait).toBe(1);
  vi.advanceTimersByTime(1000);
  expect(asking.wait).toBe(0);
  await asking.run(ask);
  expect(ask).toHaveBeenCalledTimes(2);
});
