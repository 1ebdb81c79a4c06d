import { expect, test } from "vitest";

import { knownSum } from "./sums";

test.each([
  [0, 0, 0],
  [0, 3, null],
  [1.5, 3, 1.5],
])("%d dollars with %d unknown costs are %s", (usd, unknownCosts, sum) => {
  expect(knownSum(usd, unknownCosts)).toBe(sum);
});
