import { expect, test } from "vitest";

import { pieces } from "./marks";

const shown = (text: string, marks: [number, number][]): string =>
  pieces(text, marks).map((piece) => (piece.marked ? `[${piece.text}]` : piece.text)).join("");

test("found words are set apart", () => {
  expect(shown("the lane and the turn", [[4, 8], [17, 21]])).toBe("the [lane] and the [turn]");
});

test("offsets count UTF-16 units, so that marks stay in place behind an emoji", () => {
  const text = "👩🏽‍🚀 über lanes";
  const start = text.indexOf("lanes");
  expect(shown(text, [[start, start + 5]])).toBe("👩🏽‍🚀 über [lanes]");
});

test("a text without marks is one piece, an empty one none", () => {
  expect(pieces("plain", [])).toEqual([{ text: "plain", marked: false }]);
  expect(pieces("", [[0, 3]])).toEqual([]);
});

test.each([
  ["in any order", [[4, 7], [0, 3]]],
  ["that overlap", [[0, 3], [1, 3], [4, 7]]],
  ["beyond the end", [[0, 3], [4, 99], [50, 60]]],
  ["that are empty", [[0, 3], [3, 3], [4, 7]]],
] as [string, [number, number][]][])("marks %s lose and double nothing", (_, marks) => {
  expect(shown("one two", marks)).toBe("[one] [two]");
});
