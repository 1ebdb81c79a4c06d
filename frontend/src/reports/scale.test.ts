import { expect, test } from "vitest";

import { scaleOf } from "./scale";

test("figures of one size share a straight axis that begins at nothing and ends round", () => {
  const scale = scaleOf([320, 840, 1900])!;
  expect(scale.logarithmic).toBe(false);
  expect(scale.ticks).toEqual([0, 500, 1000, 1500, 2000]);
  expect([0, 500, 2000].map(scale.at)).toEqual([0, 0.25, 1]);
});

test("steps are round whatever the size, and carry no dust", () => {
  expect(scaleOf([0.11])!.ticks).toEqual([0, 0.05, 0.1, 0.15]);
  expect(scaleOf([0.9, 1.2])!.ticks).toEqual([0, 0.5, 1, 1.5]);
  expect(scaleOf([8])!.ticks).toEqual([0, 2, 4, 6, 8]);
  expect(scaleOf([97])!.ticks).toEqual([0, 25, 50, 75, 100]);
});

test("far apart, they share one by tens, where twice as much is as far everywhere", () => {
  const scale = scaleOf([120, 60_000])!;
  expect(scale.logarithmic).toBe(true);
  expect(scale.ticks).toEqual([100, 1000, 10_000, 100_000]);
  expect([scale.at(100), scale.at(100_000)]).toEqual([0, 1]);
  expect(scale.at(1000)).toBeCloseTo(1 / 3, 12);
  expect(scale.at(20_000) - scale.at(10_000)).toBeCloseTo(scale.at(400) - scale.at(200), 12);
});

test("that axis begins and ends near what it shows, with tens written on it", () => {
  const scale = scaleOf([87, 5200])!;
  expect(scale.ticks).toEqual([100, 1000, 10_000]);
  expect([scale.at(50), scale.at(10_000)]).toEqual([0, 1]);
});

test("many tens are not all written down, and every value stays on the axis", () => {
  const values = [0.004, 0.3, 7, 9_000_000];
  const scale = scaleOf(values)!;
  expect(scale.ticks.length).toBeLessThanOrEqual(6);
  for (const value of [0, ...values, 1e12]) {
    expect(scale.at(value)).toBeGreaterThanOrEqual(0);
    expect(scale.at(value)).toBeLessThanOrEqual(1);
  }
});

test("nothing has no axis", () => {
  expect(scaleOf([])).toBeNull();
  expect(scaleOf([0, 0])).toBeNull();
});
