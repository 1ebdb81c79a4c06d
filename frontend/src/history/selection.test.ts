import { expect, test } from "vitest";

import { Selection } from "./selection.svelte";

const order = ["a", "b", "c", "d"];

test("a row is ticked and unticked", () => {
  const selection = new Selection();
  selection.toggle("b");
  expect([...selection.ids]).toEqual(["b"]);
  selection.toggle("b");
  expect(selection.ids.size).toBe(0);
});

test("a range is ticked in either direction, and unticked as one", () => {
  const selection = new Selection();
  selection.toggle("d", order);
  selection.toggle("b", order, true);
  expect([...selection.ids].sort()).toEqual(["b", "c", "d"]);
  selection.toggle("d", order, true);
  expect(selection.ids.size).toBe(0);
});

test("a range without a beginning is its end", () => {
  const selection = new Selection();
  selection.toggle("c", order, true);
  expect([...selection.ids]).toEqual(["c"]);
});

test("what is gone is not ticked any more", () => {
  const selection = new Selection();
  selection.toggle("a");
  selection.toggle("b");
  selection.keep(new Set(["b", "c"]));
  expect([...selection.ids]).toEqual(["b"]);
});
