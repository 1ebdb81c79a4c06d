import { expect, test } from "vitest";

import { bytes, compactTokens, rate, signedTokens, sizeParts, tokens } from "./quantity";

test("tokens are grouped as the reader groups them", () => {
  expect(tokens(1204, "en")).toBe("1,204");
  expect(tokens(1204, "de")).toBe("1.204");
  expect(tokens(null)).toBe("—");
});

test.each([
  [0, "0"],
  [999, "999"],
  [1000, "1.0k"],
  [12_440, "12.4k"],
  [128_000, "128k"],
  [999_949, "1,000k"],
  [1_048_576, "1.0M"],
])("%d tokens are %s where there is little room", (value, shown) => {
  expect(compactTokens(value, "en")).toBe(shown);
});

test("compact tokens keep the reader's decimal mark", () => {
  expect(compactTokens(12_440, "de")).toBe("12,4k");
  expect(compactTokens(undefined)).toBe("—");
});

test.each([
  [83.4, "83 tok/s"],
  [9.96, "10 tok/s"],
  [7.25, "7.3 tok/s"],
  [0, "0.0 tok/s"],
])("%d tokens in a second are %s", (value, shown) => {
  expect(rate(value, "en")).toBe(shown);
});

test("a difference carries its sign, an unknown one is a dash", () => {
  expect(signedTokens(1200, 200, "en")).toBe("+1,000");
  expect(signedTokens(200, 1200, "en")).toBe("−1,000");
  expect(signedTokens(5, 5, "en")).toBe("0");
  expect(signedTokens(5, null)).toBe("—");
  expect(rate(null)).toBe("—");
});

test.each([
  [0, "0", "B"],
  [999, "999", "B"],
  [1024, "1.0", "KB"],
  [88_604_672, "84.5", "MB"],
  [1_048_000, "1.0", "MB"],
  [104_847_000, "100", "MB"],
  [157_286_400, "150", "MB"],
  [5_368_709_120, "5.0", "GB"],
])("%d bytes read as %s %s", (value, figure, unit) => {
  expect(sizeParts(value, "en")).toEqual({ figure, unit });
  expect(bytes(value, "en")).toBe(`${figure} ${unit}`);
});
