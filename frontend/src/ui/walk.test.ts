import { expect, test } from "vitest";

import { placeAfter } from "./walk";

const names = ["Rename", "Tags…", "Duplicate", "Delete"];

test.each([
  ["ArrowDown", 0, 1],
  ["ArrowDown", 3, 0],
  ["ArrowDown", -1, 0],
  ["ArrowUp", 0, 3],
  ["ArrowUp", -1, 3],
  ["Home", 2, 0],
  ["End", 0, 3],
  ["d", 0, 2],
  ["D", 2, 3],
  ["d", 3, 2],
])("%s at %d leads to %d", (key, here, there) => {
  expect(placeAfter(key, names, here)).toBe(there);
});

test("other keys lead nowhere, and so does every key in an empty list", () => {
  for (const key of ["x", " ", "Tab", "Enter"]) expect(placeAfter(key, names, 0)).toBeNull();
  expect(placeAfter("ArrowDown", [], -1)).toBeNull();
});
