import { expect, test } from "vitest";

import { duration, milliseconds, signedDuration, uptime } from "./duration";

test.each([
  [0, "0 ms", "0 ms"],
  [0.42, "0.4 ms", "0,4 ms"],
  [842.4, "842 ms", "842 ms"],
  [999.4, "999 ms", "999 ms"],
  [999.6, "1.0 s", "1,0 s"],
  [3210, "3.2 s", "3,2 s"],
  [59_949, "59.9 s", "59,9 s"],
  [59_960, "1 m 00 s", "1 m 00 s"],
  [64_000, "1 m 04 s", "1 m 04 s"],
  [3_599_700, "1 h 00 m", "1 h 00 m"],
  [7_500_000, "2 h 05 m", "2 h 05 m"],
  [-5, "0 ms", "0 ms"],
])("%d milliseconds took %s", (value, english, german) => {
  expect(duration(value, "en")).toBe(english);
  expect(duration(value, "de")).toBe(german);
});

test("an unknown time is a dash", () => {
  expect(duration(null)).toBe("—");
  expect(duration(Number.POSITIVE_INFINITY)).toBe("—");
  expect(signedDuration(3, null)).toBe("—");
});

test.each([
  [1200, 1000, "+200 ms"],
  [1000, 1340, "−340 ms"],
  [5000, 3800, "+1.2 s"],
  [800, 800, "0 ms"],
])("%d against %d milliseconds is %s", (value, base, shown) => {
  expect(signedDuration(value, base, "en")).toBe(shown);
});

test.each([
  [0.0412, "0.04"],
  [0.999, "1.0"],
  [1, "1.0"],
  [9.96, "10"],
  [9.94, "9.9"],
  [127.6, "128"],
])("%d milliseconds read as %s", (value, shown) => {
  expect(milliseconds(value, "en")).toBe(shown);
});

test.each([
  [-3, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [3600, "1 h 0 min"],
  [94_210, "1 d 2 h"],
])("%d seconds up read as %s", (seconds, shown) => {
  expect(uptime(seconds)).toBe(shown);
});
