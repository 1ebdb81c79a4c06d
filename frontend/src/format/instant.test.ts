import { expect, test } from "vitest";

import { ago, fullDate, shortDate, timeOfDay } from "./instant";

const now = new Date("2026-11-21T13:04:05Z");

test.each([
  ["2026-11-21T13:04:04Z", "now", "jetzt"],
  ["2026-11-21T13:09:00Z", "now", "jetzt"],
  ["2026-11-21T13:03:40Z", "25 seconds ago", "vor 25 Sekunden"],
  ["2026-11-21T13:03:15Z", "1 minute ago", "vor 1 Minute"],
  ["2026-11-21T12:59:00Z", "5 minutes ago", "vor 5 Minuten"],
  ["2026-11-21T10:04:05Z", "3 hours ago", "vor 3 Stunden"],
  ["2026-11-20T13:04:05Z", "yesterday", "gestern"],
  ["2026-09-21T13:04:05Z", "2 months ago", "vor 2 Monaten"],
  ["2024-11-21T13:04:05Z", "2 years ago", "vor 2 Jahren"],
])("%s was %s", (instant, english, german) => {
  expect(ago(instant, now, "en")).toBe(english);
  expect(ago(instant, now, "de")).toBe(german);
});

test("what is no moment is nothing", () => {
  expect(ago("soon", now)).toBe("");
  expect(fullDate("soon")).toBe("");
});

test("dates are the reader's own", () => {
  const instant = "2026-11-21T13:04:05Z";
  expect(fullDate(instant, "en-GB", "Europe/Berlin")).toBe("21 November 2026 at 14:04");
  expect(fullDate(instant, "de", "Europe/Berlin")).toBe("21. November 2026 um 14:04");
  expect(shortDate(instant, "en-GB", "Asia/Tokyo")).toBe("21 Nov 2026");
  expect(timeOfDay(new Date(instant), "en-GB", "Europe/Berlin")).toBe("14:04:05");
});
