import { expect, test } from "vitest";

import { formOf, settingsFrom } from "./laneForm";
import { draftOf, inputOf, type LaneInput } from "./lanes";

const plain = draftOf({ modelId: "a/b" });

function form(change: Partial<ReturnType<typeof formOf>>): ReturnType<typeof formOf> {
  return { ...formOf(plain), ...change };
}

test.each<LaneInput>([
  { modelId: "a/b" },
  { modelId: "a/b", label: "Mine", systemPrompt: "Be kind.\n", fallbackModelIds: ["c/d", "e/f"] },
  { modelId: "a/b", parameters: { temperature: 0, topP: 1, maxOutputTokens: 1, seed: -7, reasoningEffort: "none" } },
  { modelId: "a/b", parameters: { stop: ["\n\n", "\\n", "a\tb", "\\"] } },
  { modelId: "a/b", parameters: { responseFormat: { name: "fruit", schema: { type: "object" } } } },
  { modelId: "a/b", parameters: { responseFormat: {} } },
])("a lane comes out of the form as it went in: %j", (lane) => {
  const { settings, problems } = settingsFrom(formOf(draftOf(lane)), lane.parameters?.responseFormat?.name);
  expect(problems).toEqual([]);
  expect(inputOf(settings)).toEqual(lane);
});

test("a decimal comma is a decimal point", () => {
  expect(settingsFrom(form({ temperature: " 0,7 " })).settings.parameters).toEqual({ temperature: 0.7 });
});

test.each([
  ["temperature", "2.1", "A number from 0 to 2."],
  ["temperature", "warm", "A number from 0 to 2."],
  ["topP", "0", "A number above 0, up to 1."],
  ["maxOutputTokens", "0", "A whole number from 1 to 10,000,000."],
  ["maxOutputTokens", "10.5", "A whole number from 1 to 10,000,000."],
  ["seed", "1e300", "A whole number."],
])("%s cannot be %s", (field, text, message) => {
  expect(settingsFrom(form({ [field]: text })).problems).toEqual([{ field: `parameters.${field}`, message }]);
});

test("a schema has to be a JSON object, as soon as there is one", () => {
  expect(settingsFrom(form({ json: true, schema: "{" })).problems).toHaveLength(1);
  expect(settingsFrom(form({ json: true, schema: "[]" })).problems).toHaveLength(1);
  expect(settingsFrom(form({ json: false, schema: "{" })).problems).toEqual([]);
});

test("there may be four stop sequences", () => {
  expect(settingsFrom(form({ stop: "a\nb\nc\nd\n" })).problems).toEqual([]);
  expect(settingsFrom(form({ stop: "a\nb\nc\nd\ne" })).problems[0]?.field).toBe("parameters.stop");
});
