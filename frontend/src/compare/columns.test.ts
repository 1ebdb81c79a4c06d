import { expect, test } from "vitest";

import { golden } from "../room/testing/golden";
import type { Comparison } from "../room/wire";
import { bareName, columnsOf, letterOf, runs, settingsOf } from "./columns";

const { snapshot, after } = golden("six_lanes_with_faults");

test("each lane has a letter, a colour and its own answers", () => {
  const columns = columnsOf(after);
  expect(columns.map(({ letter }) => letter).join("")).toBe("ABCDEF");
  expect(new Set(columns.map(({ colour }) => colour)).size).toBe(6);
  for (const { lane, answers } of columns) {
    expect(answers.flatMap(({ attempts }) => attempts).every(({ laneId }) => laneId === lane.id)).toBe(true);
  }
  const shown = columns.flatMap(({ answers }) => answers.flatMap(({ attempts }) => attempts)).length;
  expect(shown).toBe(after.turns.flatMap(({ responses }) => responses).length);
});

test("a regenerated answer is one more attempt of the same lane", () => {
  const attempts = columnsOf(golden("regenerate").after).flatMap(({ answers }) => answers.map((each) => each.attempts));
  expect(attempts.some((each) => each.length > 1)).toBe(true);
  for (const each of attempts) expect(each.map(({ attempt }) => attempt)).toEqual(each.map((_, place) => place + 1));
});

test("a lane that was removed stays for as long as it has answers", () => {
  const removed = (comparison: Comparison): Comparison => ({
    ...comparison,
    lanes: comparison.lanes.map((lane, place) => (place === 0 ? { ...lane, removed: true } : lane)),
  });
  expect(columnsOf(removed(after))).toHaveLength(6);
  expect(columnsOf(removed({ ...snapshot, turns: [] }))).toHaveLength(5);
});

test("only what differs between lanes is said of them", () => {
  const lanes = after.lanes.slice(0, 2).map((lane, place) => ({
    ...lane,
    systemPrompt: "Be brief.",
    parameters: { temperature: place, seed: 7 },
    fallbackModelIds: [],
  }));
  expect(columnsOf({ ...after, lanes, turns: [] }).map(({ chips }) => chips)).toEqual([
    ["temperature 0"],
    ["temperature 1"],
  ]);
});

test("a lane alone has nothing to differ from, so all of its settings are said", () => {
  const lane = { systemPrompt: "", parameters: { maxOutputTokens: 9, stop: ["\n"] }, fallbackModelIds: ["a/b"] };
  expect(settingsOf(lane)).toEqual(["at most 9 tokens", 'stops at "\\n"', "falls back to a/b"]);
});

test("a lane is called by its label, or as its model is, or by its bare id", () => {
  const lanes = after.lanes.slice(0, 2).map((lane, place) => ({ ...lane, label: place === 0 ? "Mine" : "" }));
  expect(columnsOf({ ...after, lanes }, () => "The Model").map(({ name }) => name)).toEqual(["Mine", "The Model"]);
  expect(bareName("openrouter/meta/llama")).toBe("meta/llama");
  expect(letterOf(27)).toBe("B");
});

test("a comparison runs until the last of its answers has ended", () => {
  expect(runs(after)).toBe(false);
  const [turn] = after.turns;
  if (!turn) throw new Error("the story has a turn");
  const responses = turn.responses.map((response, place) => (place === 2 ? { ...response, status: "streaming" as const } : response));
  expect(runs({ ...after, turns: [{ ...turn, responses }] })).toBe(true);
  expect(runs({ ...after, turns: [{ ...turn, responses, started: false }] })).toBe(false);
});
