import { expect, test } from "vitest";

import type { Schemas } from "../../api/client";
import { basisWords, budgetWords, commonTo, costWords, laneCost, outputWords } from "./estimateWords";

type LaneEstimate = Schemas["LaneEstimate"];

function lane(basis: "own" | "usual", likely: number | null = 0.0021, high: number | null = 0.0094): LaneEstimate {
  return {
    modelId: "a/b",
    laneId: null,
    inputTokens: 12,
    inputNote: "exact",
    contextWindow: 1000,
    contextLeft: 988,
    fits: true,
    outputTokens: { likely: 120, high: 480, basis, answers: basis === "own" ? 7 : 0 },
    cost: { low: 0.0001, likely, high },
    costOrigin: "estimated",
  };
}

function estimate(change: Partial<Schemas["Estimate"]> = {}): Schemas["Estimate"] {
  const budget = { remaining: null, resetsAt: null, enough: true };
  const cost = { low: 0.0001, likely: 0.0021, high: 0.0094 };
  return { lanes: [lane("own")], cost, unknownCosts: 0, fits: true, budget, ...change };
}

test("from one's own answers it is a range", () => {
  expect(costWords(estimate(), "en")).toBe("≈ $0.0021 – $0.0094");
});

test("without, the upper end is said to be the utmost", () => {
  expect(costWords(estimate({ lanes: [lane("own"), lane("usual")] }), "en")).toBe("≈ $0.0021, at most $0.0094");
  expect(laneCost(lane("usual"), "en")).toEqual(["≈ $0.0021", "at most $0.0094"]);
});

test("an open end is an open end", () => {
  expect(costWords(estimate({ cost: { low: 0, likely: 0.01, high: null } }), "en")).toBe("≈ $0.01 or more");
});

test("what nobody knows is never nothing", () => {
  const nothing = { low: null, likely: null, high: null };
  expect(costWords(estimate({ cost: nothing, unknownCosts: 1 }), "en")).toBe("cost unknown");
  expect(costWords(estimate({ unknownCosts: 2 }), "en")).toBe("≈ $0.0021 – $0.0094, and 2 lanes of unknown cost");
  expect(laneCost(lane("own", null, null), "en")).toEqual(["unknown"]);
});

test("one figure where both ends are the same", () => {
  expect(costWords(estimate({ cost: { low: 0, likely: 0.5, high: 0.5 } }), "en")).toBe("≈ $0.50");
  expect(laneCost(lane("own", 0.5, 0.5), "en")).toEqual(["≈ $0.50"]);
});

test("how long the answer may be, and who says so", () => {
  expect(outputWords({ likely: 500, high: 4096, basis: "usual", answers: 0 }, "en")).toBe("500 – 4,096 tokens");
  expect(outputWords({ likely: 500, high: null, basis: "usual", answers: 0 }, "en")).toBe("500 tokens");
  expect(basisWords({ likely: 1, high: 2, basis: "own", answers: 7 }, "en")).toBe("as your 7 answers of it");
});

test("the budget is mentioned when there is one", () => {
  expect(budgetWords({ remaining: null, resetsAt: null, enough: true }, "en")).toBeNull();
  expect(budgetWords({ remaining: 0.02, resetsAt: null, enough: true }, "en")).toBe("$0.02 left in your budget");
  const used = { remaining: -1, resetsAt: null, enough: false };
  expect(budgetWords(used, "en")).toBe("Over budget: $0.00 left in your budget");
});

test("what is the same for all lanes is said once", () => {
  expect(commonTo(["exact", "exact"])).toBe("exact");
  expect(commonTo(["exact", "approximated"])).toBeNull();
  expect(commonTo([])).toBeNull();
});
