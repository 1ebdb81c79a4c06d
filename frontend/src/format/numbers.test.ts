import { expect, test } from "vitest";

import { count, percent, signedPercent } from "./numbers";

test.each([
  [0, "0 %"],
  [0.001, "< 1 %"],
  [0.12, "12 %"],
  [0.9949, "99 %"],
  [0.997, "> 99 %"],
  [1, "100 %"],
])("a share of %d is %s", (share, shown) => {
  expect(percent(share, "en")).toBe(shown);
});

test.each([
  [88, 100, "−12 %"],
  [112, 100, "+12 %"],
  [100, 100, "0 %"],
  [100.2, 100, "0 %"],
  [3, 0, "—"],
  [null, 3, "—"],
])("%s against %s is %s", (value, base, shown) => {
  expect(signedPercent(value, base, "en")).toBe(shown);
});

test("counts follow the locale", () => {
  expect(count(1_234_567, "de")).toBe("1.234.567");
  expect(count(-3, "en")).toBe("−3");
});
