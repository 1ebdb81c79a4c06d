import { expect, test } from "vitest";

import { cost, costInWords, originMark, signedCost } from "./money";

test.each([
  [0, "$0.00", "0,00 $"],
  [0.0042, "$0.0042", "0,0042 $"],
  [0.01, "$0.01", "0,01 $"],
  [0.0123, "$0.012", "0,012 $"],
  [0.00999, "$0.01", "0,01 $"],
  [0.000_003_14, "$0.0000031", "0,0000031 $"],
  [0.5, "$0.50", "0,50 $"],
  [1.2345, "$1.23", "1,23 $"],
  [12_345.6, "$12,345.60", "12.345,60 $"],
])("%d dollars read as %s and %s", (usd, english, german) => {
  expect(cost(usd, "computed", "en")).toBe(english);
  expect(cost(usd, "computed", "de").replace("\u00a0", " ")).toBe(german);
});

test("an estimate says so", () => {
  expect(cost(0.01, "estimated", "en")).toBe("≈ $0.01");
  expect(cost(0.01, "reported", "en")).toBe("$0.01");
});

test("an unknown cost is a dash, never zero", () => {
  for (const usd of [null, undefined, Number.NaN]) expect(cost(usd, "computed", "en")).toBe("—");
  expect(cost(0, "unknown", "en")).toBe("—");
  expect(signedCost(null, 1, "en")).toBe("—");
  expect(signedCost(1, undefined, "en")).toBe("—");
});

test("the long form says where the figure is from", () => {
  expect(costInWords(0.0042, "computed", "en")).toBe("$0.0042, computed from list prices");
  expect(costInWords(2, "reported", "en")).toBe("$2.00, billed by the provider");
  expect(costInWords(null, "reported", "en")).toBe("cost unknown");
});

test("every origin has a sign of its own", () => {
  const origins = ["reported", "computed", "estimated", "unknown"] as const;
  expect(origins.map(originMark)).toEqual(["✓", "=", "≈", "—"]);
});

test.each([
  [0.003, 0.002, "+$0.001"],
  [0.002, 0.003, "−$0.001"],
  [0.002, 0.002, "$0.00"],
  [5, 1.5, "+$3.50"],
])("%d against %d is %s", (usd, base, shown) => {
  expect(signedCost(usd, base, "en")).toBe(shown);
});
