import { beforeEach, expect, test } from "vitest";

import { models } from "./models.svelte";
import { askable, Picking } from "./picking.svelte";
import { model } from "./testing/examples";

beforeEach(() => {
  const locked = model("b/locked", { available: false, unavailableReason: "set B_KEY" });
  models.all = [model("a/one"), model("a/two"), locked];
});

test("the keys pass headings by and stay in the list", () => {
  const picking = new Picking({ most: 9, without: [] });
  expect(askable(picking.row)).toBe("a/one");
  picking.go(-1);
  expect(askable(picking.row)).toBe("a/one");
  picking.go(1);
  picking.go(8);
  expect(picking.row).toMatchObject({ model: { id: "b/locked" } });
});

test("what cannot be asked can be looked at, not taken", () => {
  const picking = new Picking({ most: 9, without: [] });
  picking.query = "locked";
  expect(picking.row).toMatchObject({ model: { id: "b/locked" } });
  expect(picking.taken).toEqual([]);
});

test("without a choice the row that the keys are on is taken", () => {
  const picking = new Picking({ most: 9, without: [] });
  picking.go(1);
  expect(picking.taken).toEqual(["a/two"]);
  picking.toggle("a/one");
  expect(picking.taken).toEqual(["a/one"]);
});

test("there is no more choosing than there is room", () => {
  const picking = new Picking({ most: 2, without: [] });
  for (const id of ["a/one", "a/two", "c/three"]) picking.toggle(id);
  expect(picking.chosen).toEqual(["a/one", "a/two"]);
  picking.toggle("a/one");
  expect(picking.chosen).toEqual(["a/two"]);
});

test("what makes no sense here is not offered", () => {
  const picking = new Picking({ most: 1, without: ["a/one"] });
  expect(askable(picking.row)).toBe("a/two");
});
