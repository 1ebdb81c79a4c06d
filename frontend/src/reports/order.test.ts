import { expect, test } from "vitest";

import { ordered, pressed } from "./order";
import type { Order } from "./question";

function row(label: string, cost: number, previousCost: number, requests = 1) {
  return { key: label, label, cost, previousCost, requests, tokens: 0, unknownCosts: 0, share: null, change: null };
}

const rows = [row("model-10", 1, 2), row("model-9", 3, 0), row("Model-1", 2, 1), row("gone", 0, 5)];

test.each<[Order, string[]]>([
  [{ by: "cost", down: true }, ["model-9", "Model-1", "model-10", "gone"]],
  [{ by: "cost", down: false }, ["gone", "model-10", "Model-1", "model-9"]],
  [{ by: "label", down: false }, ["gone", "Model-1", "model-9", "model-10"]],
  [{ by: "change", down: true }, ["model-9", "Model-1", "model-10", "gone"]],
  [{ by: "requests", down: true }, ["model-10", "model-9", "Model-1", "gone"]],
])("by %o", (order, expected) => {
  expect(ordered(rows, order).map((each) => each.label)).toEqual(expected);
  expect(rows[0]?.label).toBe("model-10");
});

test("a second press turns the order round, another column begins with what matters", () => {
  const dearest: Order = { by: "cost", down: true };
  expect(pressed(dearest, "cost")).toEqual({ by: "cost", down: false });
  expect(pressed(dearest, "tokens")).toEqual({ by: "tokens", down: true });
  expect(pressed(dearest, "label")).toEqual({ by: "label", down: false });
});
