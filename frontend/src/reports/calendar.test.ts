import { expect, test } from "vitest";

import { beforeName, binMark, binName, dayName, spanName } from "./calendar";

/** Spaces and dashes differ from one Intl to the next. */
const plain = (text: string) => text.replace(/[\u2009\u202f\u00a0]/g, " ");

test("a day keeps its name, however far from Greenwich the reader is", () => {
  expect(dayName("2026-11-21", "en-GB")).toMatch(/^Sat,? 21 Nov 2026$/);
  expect(dayName("2026-11-21", "de")).toBe("Sa., 21. Nov. 2026");
});

test("spans say no year or month twice", () => {
  expect(plain(spanName({ from: "2026-11-16", to: "2026-11-22" }, "en-GB"))).toMatch(/^16 ?– ?22 Nov 2026$/);
  expect(plain(spanName({ from: "2026-10-23", to: "2026-11-21" }, "en-GB"))).toBe("23 Oct – 21 Nov 2026");
});

test("bars are named after what they last", () => {
  expect(binName({ from: "2026-11-01", to: "2026-11-21" }, "month", "en-GB")).toBe("November 2026");
  expect(binMark("2026-11-21", "day", "en-GB")).toBe("21 Nov");
  expect(binMark("2026-11-01", "month", "en-GB")).toBe("Nov 26");
});

test("what came before is counted in days", () => {
  expect(beforeName({ from: "2026-11-21", to: "2026-11-21" })).toBe("the day before");
  expect(beforeName({ from: "2026-11-01", to: "2026-11-21" })).toBe("the 21 days before");
});
