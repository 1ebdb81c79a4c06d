import { expect, test } from "vitest";

import { documentOf } from "./importing";

test.each([
  ["notes", "It is no JSON file. Export a comparison as JSON and take that file."],
  ["", "It is no JSON file. Export a comparison as JSON and take that file."],
  ["[1, 2]", "It is JSON, but no comparison that Bakeoff has exported."],
  ["null", "It is JSON, but no comparison that Bakeoff has exported."],
  ['{"format": "other"}', "It is JSON, but no comparison that Bakeoff has exported."],
])("%j is refused in words", (text, words) => {
  expect(() => documentOf(text)).toThrow(words);
});

test("what looks like an export is left to the server", () => {
  const text = '{"format": "bakeoff.comparison", "version": 1, "comparison": {}}';
  expect(documentOf(text)).toEqual(JSON.parse(text));
});
