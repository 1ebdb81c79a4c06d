import { expect, test } from "vitest";

import { partsOf } from "./parts";

const row = (key: string, cost: number) => ({ key, label: key.toUpperCase(), cost });

test("the dearest is A, whatever the order, and the parts fill the whole", () => {
  const parts = partsOf([row("b", 0.1), row("a", 0.7), row("c", 0.2)], 1);
  expect(parts.map(({ key, letter, colour }) => [key, letter, colour])).toEqual([
    ["a", "A", 0],
    ["c", "B", 1],
    ["b", "C", 2],
  ]);
  expect(parts.reduce((sum, part) => sum + part.share, 0)).toBeCloseTo(1, 12);
});

test("beyond eight, and what is in no row, is one part without a letter", () => {
  const rows = Array.from({ length: 10 }, (_, number) => row(`m${number}`, 1));
  const parts = partsOf(rows, 12);
  expect(parts).toHaveLength(9);
  expect(parts.at(-1)).toMatchObject({ key: "", letter: "", colour: null });
  expect(parts.at(-1)?.share).toBeCloseTo(4 / 12, 12);
});

test("what cost nothing has no part, and nothing has none at all", () => {
  expect(partsOf([row("a", 1), row("free", 0)], 1).map((part) => part.key)).toEqual(["a"]);
  expect(partsOf([row("free", 0)], 0)).toEqual([]);
});
