import { expect, test } from "vitest";

import { addressOf, type Filters, filtersOf, isNarrowed, merged, none, orders, selected, turned } from "./filters";
import type { Model } from "./reading";

interface Told {
  window?: number | null;
  input?: string | null;
  inputs?: string[];
  available?: boolean;
  reasoning?: boolean;
}

function model(id: string, told: Told = {}): Model {
  const { window = null, input = null, inputs = [], available = true, reasoning = false } = told;
  return {
    id,
    provider: id.split("/")[0],
    displayName: id.split("/")[1],
    contextWindow: window,
    maxOutputTokens: null,
    available,
    capabilities: { kind: id.includes("embed") ? "embedding" : "chat", inputs, reasoning, tools: false },
    prices: input === null ? null : { rates: { input, cacheRead: null, output: null } },
  } as unknown as Model;
}

const models = [
  model("openai/big", { window: 400_000, input: "10", available: false, inputs: ["image", "pdf"] }),
  model("simulator/swift", { window: 16_000, input: "0.05" }),
  model("anthropic/wise", { window: null, input: "2", reasoning: true, inputs: ["image"] }),
  model("simulator/embed", { window: 8000 }),
];
const ids = (filters: Partial<Filters>): string[] =>
  selected(models, { ...none, ...filters }).map((each) => each.id.split("/")[1] ?? "");

test("what can be asked comes first, chat before the others", () => {
  expect(ids({})).toEqual(["wise", "swift", "embed", "big"]);
});

test.each<[Partial<Filters>, string[]]>([
  [{ q: "OPENAI" }, ["big"]],
  [{ q: "sim sw" }, ["swift"]],
  [{ provider: "simulator" }, ["swift", "embed"]],
  [{ kind: "chat", available: true }, ["wise", "swift"]],
  [{ needs: ["image"] }, ["wise", "big"]],
  [{ needs: ["image", "pdf"] }, ["big"]],
  [{ needs: ["reasoning"] }, ["wise"]],
  [{ order: "input" }, ["swift", "wise", "big", "embed"]],
  [{ order: "input", descending: true }, ["big", "wise", "swift", "embed"]],
  [{ order: "window", descending: true }, ["big", "swift", "embed", "wise"]],
  [{ order: "name" }, ["big", "embed", "swift", "wise"]],
])("%o shows %o", (filters, shown) => {
  expect(ids(filters)).toEqual(shown);
});

test("an address recreates what is shown", () => {
  const all: Filters = {
    q: "gpt 5",
    provider: "openai",
    kind: "chat",
    needs: ["reasoning", "pdf"],
    available: true,
    order: "out",
    descending: true,
  };
  const read = (filters: Filters): Filters => filtersOf(new URL(addressOf(filters), "http://localhost").searchParams);
  expect(read(all)).toEqual(all);
  expect(read(none)).toEqual(none);
  for (const order of orders) expect(read({ ...none, order })).toEqual({ ...none, order });
});

test("what an address says wrongly is passed over", () => {
  expect(filtersOf(new URLSearchParams("needs=wings&order=-luck&kind=other&available=yes"))).toEqual(none);
});

test("a column goes up, down, and back to the usual order", () => {
  const up = turned(none, "input");
  const down = turned(up, "input");
  expect([up.order, up.descending, down.descending, turned(down, "input")]).toEqual(["input", false, true, none]);
  expect(turned(down, "window")).toMatchObject({ order: "window", descending: false });
});

test("an order holds nothing back", () => {
  expect(isNarrowed({ ...none, order: "input" })).toBe(false);
  expect(isNarrowed({ ...none, available: true })).toBe(true);
});

test("what one user can ask replaces what everybody can", () => {
  const own = [model("openai/big", { available: true }), model("house/llama")];
  const all = merged(models, own);
  expect(all).toHaveLength(5);
  expect(all.find((each) => each.id === "openai/big")?.available).toBe(true);
});
