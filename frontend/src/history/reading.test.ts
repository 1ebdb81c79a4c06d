import { expect, test } from "vitest";

import { beyondTitle, type Item, sharedBy, shortModel, spentOf } from "./reading";

const item = (figures: Partial<Item>): Item =>
  ({ totalCost: 0, unknownCosts: 0, responseCount: 2, ...figures }) as Item;

test.each([
  [{ totalCost: 0.0042 }, "$0.0042", "$0.0042"],
  [{ totalCost: 0 }, "$0.00", "$0.00"],
  [{ totalCost: 0.01, unknownCosts: 2 }, "≥ $0.01", "At least $0.01; what 2 answers cost is unknown"],
  [{ totalCost: 0, unknownCosts: 1 }, "—", "What one answer cost is unknown"],
  [{ responseCount: 0 }, "", "Nothing was spent yet"],
])("%o costs %s", (figures, text, words) => {
  expect(spentOf(item(figures), "en")).toEqual({ text, words });
});

test.each([
  ["What is a lane?", "What is a lane?", ""],
  ["Fix this:", "Fix this:\n\nx = 1", "x = 1"],
  ["A very long first li…", "A very long first line that goes on", "…line that goes on"],
  ["One word and a ha…", "One word and a ha", ""],
  ["Release notes", "Write them", "Write them"],
  ["", "Write them", "Write them"],
])("under the title %j the prompt %j goes on as %j", (title, prompt, rest) => {
  expect(beyondTitle({ title, prompt })).toBe(rest);
});

test("a model is known by what follows its provider", () => {
  expect(shortModel("openrouter/meta/llama")).toBe("meta/llama");
  expect(shortModel("plain")).toBe("plain");
});

test("what others share says whose it is and what one may do", () => {
  expect(sharedBy({ owner: "bob@example.org", access: "viewer" })).toBe("Shared by bob@example.org; you may look");
  expect(sharedBy({ owner: null, access: "owner" })).toBeNull();
});
