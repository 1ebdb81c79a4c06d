import { expect, test } from "vitest";

import { matches, rowsOf, wordsOf } from "./finding";
import { model } from "./testing/examples";

const locked = { available: false, unavailableReason: "set OPENAI_API_KEY" };
const mini = model("openai/gpt-5-mini", { displayName: "GPT-5 mini", ...locked });
const nano = model("openai/gpt-5-nano", { displayName: "GPT-5 nano", ...locked });
const sage = model("simulator/sage", { simulated: true, capabilities: { inputs: ["image"], reasoning: true } });

test.each(["gpt5 mini", "mini gpt", "GPT-5", "openai", "5-mini", "gpt 5 MINI"])("a model is found by %s", (query) => {
  expect(matches(mini, wordsOf(query))).toBe(true);
});

test("every word has to fit", () => {
  expect(matches(mini, wordsOf("gpt sage"))).toBe(false);
});

test("what it can do finds it as well", () => {
  expect(matches(sage, wordsOf("vision reasoning simulated"))).toBe(true);
  expect(matches(mini, wordsOf("vision"))).toBe(false);
});

test("groups come with their reason once, those that can be asked first", () => {
  const groups = rowsOf([sage, mini, nano], [], "").filter((row) => row.kind === "group");
  expect(groups.map(({ title, note }) => [title, note])).toEqual([["simulator", ""], ["openai", "set OPENAI_API_KEY"]]);
});

test("what was used lately comes first, until something is searched for", () => {
  expect(rowsOf([sage, mini], [mini], "")[0]).toMatchObject({ title: "Used lately" });
  expect(rowsOf([sage, mini], [mini], "mini").map(({ kind }) => kind)).toEqual(["group", "model"]);
});

test("no row has the key of another", () => {
  const keys = rowsOf([sage, mini, nano, model("openai/gpt-4.1")], [mini, sage], "").map(({ key }) => key);
  expect(new Set(keys).size).toBe(keys.length);
});

test("a full name that is not listed can be asked for all the same", () => {
  const id = "simulator/sage@429:2";
  expect(rowsOf([sage], [], id).at(-1)).toMatchObject({ kind: "exact", id });
  expect(rowsOf([sage], [], "simulator/sage")).not.toContainEqual(expect.objectContaining({ kind: "exact" }));
});
