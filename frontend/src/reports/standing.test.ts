import { expect, test } from "vitest";

import type { Budget } from "./asking";
import { concerning, consequenceOf, levelOf, spentInWords, tightest } from "./standing";

function budget(changed: Partial<Budget> = {}): Budget {
  return {
    id: "1",
    userId: null,
    everyone: true,
    period: "month",
    amount: 10,
    spent: 2,
    reserved: 0,
    remaining: 8,
    hard: false,
    onCross: "finish",
    resetsAt: "2026-12-01T00:00:00Z",
    webhookUrl: null,
    changedAt: "2026-11-01T00:00:00Z",
    ...changed,
  };
}

test.each([
  [2, 0, "well"],
  [7.99, 0, "well"],
  [7, 1, "near"],
  [10, 0, "over"],
  [12, 0, "over"],
])("of ten dollars %d spent and %d set aside is %s", (spent, reserved, level) => {
  expect(levelOf(budget({ spent, reserved }))).toBe(level);
});

test("what is set aside is said only where there is some", () => {
  expect(spentInWords(budget(), "en")).toBe("$2.00 of $10.00 spent");
  expect(spentInWords(budget({ reserved: 0.4 }), "en")).toMatch(/spent, \$0\.40 set aside/);
});

test("only a hard budget stops anything", () => {
  expect(consequenceOf(budget())).toMatch(/stops nothing/);
  expect(consequenceOf(budget({ hard: true }))).toMatch(/answers finish/);
  expect(consequenceOf(budget({ hard: true, onCross: "stop" }))).toMatch(/answers stop/);
});

test("the tightest is the one with the smallest part left", () => {
  const large = budget({ id: "large", amount: 100, spent: 50 });
  const small = budget({ id: "small", amount: 1, spent: 0.6 });
  expect(tightest([large, small])?.id).toBe("small");
  expect(tightest([])).toBeUndefined();
});

test("other people's budgets concern nobody here", () => {
  const [ada, bob] = ["ada", "bob"].map((userId) => budget({ id: userId, everyone: false, userId }));
  const all = [budget({ id: "all" }), ada!, bob!];
  expect(concerning(all, "ada").map((each) => each.id)).toEqual(["all", "ada"]);
});
