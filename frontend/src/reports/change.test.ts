import { expect, test } from "vitest";

import { changeRank, costChange, countChange } from "./change";

test.each([
  [1.12, 1, "+12 %", "12 % more than"],
  [0.5, 1, "−50 %", "50 % less than"],
  [0, 2, "−100 %", "100 % less than"],
  [25, 1, "×25", "25 times as much as"],
  [1, 1, "0 %", "as much as"],
  [1.001, 1, "0 %", "about as much as"],
  [3, 0, "new", "$3.00 more than"],
  [0, 0, "—", "as much as"],
])("%d dollars after %d are %s: %s", (now, then, short, words) => {
  expect(costChange(now, then, "en")).toEqual({ short, words });
});

test("counts change too, and nothing has no per cent", () => {
  expect(countChange(150, 100, "en")).toEqual({ short: "+50 %", words: "50 % more than" });
  expect(countChange(1200, 0, "en")).toEqual({ short: "new", words: "1,200 more than" });
});

test("what is new ranks above what grew, what went below what stayed", () => {
  const ranks = [changeRank(1, 0), changeRank(9, 1), changeRank(1, 1), changeRank(0, 0), changeRank(0, 3)];
  expect([...ranks].sort((one, other) => other - one)).toEqual(ranks);
});
