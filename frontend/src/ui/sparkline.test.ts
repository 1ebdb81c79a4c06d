import { expect, test } from "vitest";

import { sparkline } from "./sparkline";

test("one value is no line yet", () => {
  expect(sparkline([3], 10, 100, 20)).toBe("");
});

test("the line grows from the right", () => {
  expect(sparkline([2, 4], 11, 100, 20)).toBe("M90 10L100 0");
});

test("only the newest values are drawn", () => {
  expect(sparkline([9, 1, 1], 2, 10, 10)).toBe("M0 0L10 0");
});

test("a row of zeros lies on the ground", () => {
  expect(sparkline([0, 0], 2, 10, 10)).toBe("M0 10L10 10");
});
