import { expect, test } from "vitest";

import { type Known, keyGroups } from "../app/keys";
import { isUnfinished, objection } from "./rebinding";

const all = keyGroups.flatMap((group) => group.shortcuts);
const usual = (shortcut: Known): string => shortcut.keys;
const named = (name: string): Known => all.find((each) => each.name === name)!;

test("no two shortcuts have the same name or the same usual keys", () => {
  expect(new Set(all.map(({ name }) => name)).size).toBe(all.length);
  expect(new Set(all.map(({ keys }) => keys)).size).toBe(all.length);
});

test("nothing speaks against the usual keys of any shortcut", () => {
  expect(all.map((each) => objection(each.keys, each, all, usual)).filter(Boolean)).toEqual([]);
});

test("keys that another shortcut has are refused by its name", () => {
  expect(objection("D", named("regenerate"), all, usual)).toContain("Differences");
});

test("keys that another shortcut had are free once it has others", () => {
  const now = (shortcut: Known): string => (shortcut.name === "diff" ? "Q" : shortcut.keys);
  expect(objection("D", named("regenerate"), all, now)).toBeNull();
  expect(objection("Q", named("regenerate"), all, now)).toContain("Differences");
});

test.each(["Tab", "Enter", " ", "ArrowDown"])("%j stays what it is, for who works with the keyboard", (keys) => {
  expect(objection(keys, named("diff"), all, usual)).toMatch(/needed/);
});

test("what the browser never hands on is refused", () => {
  expect(objection("Mod+W", named("diff"), all, usual)).toMatch(/browser/);
});

test("what works while one writes may leave no sign in the text", () => {
  expect(objection("G", named("send"), all, usual)).toMatch(/while you write/);
  expect(objection("Shift+G", named("send"), all, usual)).toMatch(/while you write/);
  expect(objection("F8", named("send"), all, usual)).toBeNull();
  expect(objection("Mod+G", named("send"), all, usual)).toBeNull();
  expect(objection("G", named("diff"), all, usual)).toBeNull();
});

test("a modifier alone is a beginning", () => {
  expect(isUnfinished("Shift")).toBe(true);
  expect(isUnfinished("F8")).toBe(false);
});
