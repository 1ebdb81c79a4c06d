import { expect, test } from "vitest";

import { documentOf } from "./importing";

test.each([
  ["notes", "notes.md is no JSON file. Export a comparison as JSON and take that file."],
  ["", "notes.md is no JSON file. Export a comparison as JSON and take that file."],
  ["[1, 2]", "notes.md is JSON, but no comparison that Bakeoff has exported."],
  ["null", "notes.md is JSON, but no comparison that Bakeoff has exported."],
  ['{"format": "other"}', "notes.md is JSON, but no comparison that Bakeoff has exported."],
])("%j is refused in words", (text, words) => {
  expect(() => documentOf(text, "notes.md")).toThrow(words);
});

test("what looks like an export is left to the server", () => {
  const text = '{"format": "bakeoff.comparison", "version": 1, "comparison": {}}';
  expect(documentOf(text, "a.json")).toEqual(JSON.parse(text));
});
