import { expect, test } from "vitest";

import type { Item } from "./reading";
import { further, renewed } from "./stretch";

const items = (names: string, title = ""): Item[] => [...names].map((sessionId) => ({ sessionId, title }) as Item);
const names = (list: readonly Item[]): string => list.map((item) => item.sessionId + item.title).join("");

test.each([
  ["the same", "abcdef", 0, "abc", "a!b!c!def"],
  ["one that is new", "abcdef", 0, "nabc", "n!a!b!c!def"],
  ["one that is gone", "abcdef", 0, "acd", "a!c!d!ef"],
  ["a page further down", "abcdef", 2, "cd", "abc!d!ef"],
  ["one gone further down", "abcdef", 2, "de", "abd!e!f"],
  ["nothing known", "abc", 0, "xyz", "x!y!z!abc"],
  ["the first ones ever", "", 0, "ab", "a!b!"],
])("a piece with %s takes the place of what stood there", (_, before, start, fresh, after) => {
  expect(names(renewed(items(before), start, items(fresh, "!")))).toBe(after);
});

test("the last piece leaves nothing behind it", () => {
  expect(names(renewed(items("abcdef"), 0, items("ab"), true))).toBe("ab");
  expect(names(renewed(items("abc"), 0, [], true))).toBe("");
});

test("a page adds only what is not there yet", () => {
  const before = items("abc");
  const known = new Set("abc");
  expect(names(further(before, known, items("cd")))).toBe("abcd");
  expect(further(before, known, items("bc"))).toBe(before);
});
