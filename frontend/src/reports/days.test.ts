import { expect, test } from "vitest";

import { before, dayOf, firstOf, grainOf, isDay, lengthOf, type Period, plusDays, spanOf } from "./days";

test("a day is the one of UTC, wherever the clock hangs", () => {
  expect(dayOf(new Date("2026-11-21T23:59:59-05:00"))).toBe("2026-11-22");
  expect(dayOf(new Date("2026-11-21T00:30:00+09:00"))).toBe("2026-11-20");
});

test.each<[Period, string, string]>([
  ["7", "2026-11-15", "2026-11-21"],
  ["30", "2026-10-23", "2026-11-21"],
  ["90", "2026-08-24", "2026-11-21"],
  ["month", "2026-11-01", "2026-11-21"],
  ["last-month", "2026-10-01", "2026-10-31"],
])("on 21 November %s is from %s to %s", (period, from, to) => {
  expect(spanOf(period, "2026-11-21")).toEqual({ from, to });
});

test("months end where they end", () => {
  expect(spanOf("last-month", "2028-03-31")).toEqual({ from: "2028-02-01", to: "2028-02-29" });
  expect(spanOf("last-month", "2027-01-01")).toEqual({ from: "2026-12-01", to: "2026-12-31" });
  expect(spanOf("month", "2027-01-01")).toEqual({ from: "2027-01-01", to: "2027-01-01" });
});

test("dates of one's own are put in order, and one alone is enough", () => {
  const today = "2026-11-21";
  const [from, to] = ["2026-11-02", "2026-11-09"];
  expect(spanOf("own", today, { from: to, to: from })).toEqual({ from, to });
  expect(spanOf("own", today, { from: "2026-11-09" })).toEqual({ from: "2026-11-09", to: today });
  expect(spanOf("own", today, { to: "2026-11-09" })).toEqual({ from: "2026-11-09", to: "2026-11-09" });
  expect(spanOf("own", today)).toEqual(spanOf("30", today));
});

test("summer time changes no length", () => {
  expect(lengthOf({ from: "2026-03-28", to: "2026-03-30" })).toBe(3);
  expect(plusDays("2026-10-24", 2)).toBe("2026-10-26");
});

test("the period before is as long and ends the day before", () => {
  expect(before({ from: "2026-11-01", to: "2026-11-21" })).toEqual({ from: "2026-10-11", to: "2026-10-31" });
  expect(before({ from: "2026-11-21", to: "2026-11-21" })).toEqual({ from: "2026-11-20", to: "2026-11-20" });
});

test.each(["2026-02-30", "2026-2-3", "tomorrow", "", "2026-11-21T10:00"])("%s is no day", (text) => {
  expect(isDay(text)).toBe(false);
});

test("long spans are drawn by weeks, which begin on Monday, and longer ones by months", () => {
  expect([90, 100, 101, 730, 731].map(grainOf)).toEqual(["day", "day", "week", "week", "month"]);
  expect(firstOf("week", "2026-11-22")).toBe("2026-11-16");
  expect(firstOf("week", "2026-11-16")).toBe("2026-11-16");
  expect(firstOf("month", "2026-11-22")).toBe("2026-11-01");
  expect(firstOf("day", "2026-11-22")).toBe("2026-11-22");
});
