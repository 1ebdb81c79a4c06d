import { expect, test } from "vitest";

import { Refused, Unreachable } from "../../api/client";
import { draftOf } from "./lanes";
import { problemsOf, problemWith } from "./problems";

const lanes = ["a/one", "a/two"].map((modelId) => draftOf({ modelId }));

function refused(...details: [field: string, message: string][]): Refused {
  const said = details.map(([field, message]) => ({ field, message }));
  return new Refused("These fields cannot be used.", 422, "validation_failed", "r1", said);
}

test("a problem lands on its lane and its field", () => {
  const { lanes: found, rest } = problemsOf(refused(["lanes.1.parameters.temperature", "Too hot."]), lanes, "Hi");
  expect(found.get(lanes[1]!)).toEqual([{ field: "parameters.temperature", message: "Too hot." }]);
  expect(found.has(lanes[0]!)).toBe(false);
  expect(rest).toBeNull();
});

test("what is wrong with one stop sequence stands beside them all", () => {
  const found = problemsOf(refused(["lanes.0.parameters.stop.2", "It is empty."]), lanes, "Hi").lanes.get(lanes[0]!);
  expect(problemWith(found ?? [], "parameters.stop")).toBe("It is empty.");
  expect(problemWith(found ?? [], "parameters.st")).toBeUndefined();
});

test("one lane may have several problems", () => {
  const error = refused(["lanes.0.modelId", "Unknown."], ["lanes.0.fallbackModelIds.1", "Unknown, too."]);
  expect(problemsOf(error, lanes, "Hi").lanes.get(lanes[0]!)).toHaveLength(2);
});

test("the prompt and the files have problems of their own", () => {
  const placed = problemsOf(refused(["prompt", "It is empty."], ["attachments.0", "It is gone."]), lanes, " ");
  expect(placed.prompt).toEqual({ text: " ", message: "It is empty." });
  expect(placed.attachments).toBe("It is gone.");
});

test.each([
  ["a lane that is not there", refused(["lanes.7.modelId", "Unknown."])],
  ["a field that nobody knows", refused(["title", "Too long."])],
  ["no answer at all", new Unreachable()],
])("nothing is lost: %s", (_, error) => expect(problemsOf(error, lanes, "Hi").rest).toBe(error));
