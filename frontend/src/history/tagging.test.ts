import { expect, test } from "vitest";

import { tagProblem, withTags } from "./tagging";

test("a tag is there once, however it is written", () => {
  expect(withTags(["release 2"], "  Release   2 ")).toEqual(["release 2"]);
  expect(withTags(["a"], "Tone")).toEqual(["a", "tone"]);
  expect(withTags(["a"], " ")).toEqual(["a"]);
  expect(withTags([], "One, two ,,one")).toEqual(["one", "two"]);
});

test("what cannot be a tag is said", () => {
  const many = Array.from({ length: 20 }, (_, place) => `tag ${place}`);
  expect(tagProblem([], " ")).toBe("There is nothing in it.");
  expect(tagProblem([], "x".repeat(51))).toBe("A tag has 50 characters at most.");
  expect(tagProblem(many, "one more")).toBe("There may be 20 at most.");
  expect(tagProblem(many, "Tag 3")).toBeUndefined();
});
