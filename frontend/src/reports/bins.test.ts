import { expect, test } from "vitest";

import { binsOf, dearest } from "./bins";
import { plusDays } from "./days";

function days(first: string, count: number) {
  return Array.from({ length: count }, (_, number) => ({
    key: plusDays(first, number),
    label: "",
    cost: number === 3 ? 2 : 0.5,
    previousCost: 0.25,
    requests: 2,
    unknownCosts: number === 3 ? 1 : 0,
    tokens: 100,
    share: null,
    change: null,
  }));
}

test("up to a hundred days each have their bar", () => {
  const { grain, all } = binsOf(days("2026-08-24", 90));
  expect([grain, all.length]).toEqual(["day", 90]);
  expect(all[3]).toEqual({
    from: "2026-08-27",
    to: "2026-08-27",
    cost: 2,
    previousCost: 0.25,
    requests: 2,
    unknownCosts: 1,
  });
});

test("more of them share bars by the week, and no cent is lost", () => {
  const rows = days("2026-06-04", 120);
  const { grain, all } = binsOf(rows);
  expect(grain).toBe("week");
  expect(all[0]).toMatchObject({ from: "2026-06-04", to: "2026-06-07", cost: 3.5, previousCost: 1, unknownCosts: 1 });
  expect(all[1]).toMatchObject({ from: "2026-06-08", to: "2026-06-14", requests: 14 });
  expect(all.at(-1)?.to).toBe(rows.at(-1)?.key);
  expect(all.reduce((sum, bin) => sum + bin.cost, 0)).toBe(rows.reduce((sum, row) => sum + row.cost, 0));
});

test("years are drawn by months", () => {
  const { grain, all } = binsOf(days("2024-01-15", 800));
  expect(grain).toBe("month");
  expect(all[1]).toMatchObject({ from: "2024-02-01", to: "2024-02-29" });
});

test("the dearest bar is found, and none where nothing was spent", () => {
  expect(dearest(binsOf(days("2026-11-01", 7)).all)?.from).toBe("2026-11-04");
  expect(dearest([])).toBeUndefined();
  expect(dearest(binsOf(days("2026-11-01", 7).map((row) => ({ ...row, cost: 0 }))).all)).toBeUndefined();
});
