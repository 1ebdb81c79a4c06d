import { expect, test } from "vitest";

import { bytes, duration, milliseconds, timeOfDay } from "./format";

test.each([
  [0.0412, "0.04"],
  [0.999, "1.0"],
  [1, "1.0"],
  [9.96, "10"],
  [9.94, "9.9"],
  [127.6, "128"],
])("%d milliseconds read as %s", (value, shown) => {
  expect(milliseconds(value)).toBe(shown);
});

test.each([
  [0, "0", "B"],
  [999, "999", "B"],
  [1024, "1.0", "KB"],
  [88_604_672, "84.5", "MB"],
  [1_048_000, "1.0", "MB"],
  [104_847_000, "100", "MB"],
  [157_286_400, "150", "MB"],
  [5_368_709_120, "5.0", "GB"],
])("%d bytes read as %s %s", (value, figure, unit) => {
  expect(bytes(value)).toEqual({ figure, unit });
});

test.each([
  [-3, "0 s"],
  [59.9, "59 s"],
  [60, "1 min"],
  [3599, "59 min"],
  [3600, "1 h 0 min"],
  [94_210, "1 d 2 h"],
])("%d seconds read as %s", (seconds, shown) => {
  expect(duration(seconds)).toBe(shown);
});

test("the time of day is the reader's own", () => {
  expect(timeOfDay(new Date("2026-11-21T13:04:05Z"), "en-GB", "Europe/Berlin")).toBe("14:04:05");
});
