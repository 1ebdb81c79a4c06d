import { expect, test } from "vitest";

import { addressOf, type Question, questionOf } from "./question";

function asked(search: string): Question {
  return questionOf(new URLSearchParams(search));
}

test("the plain address asks the usual, and the usual has the plain address", () => {
  expect(asked("")).toEqual({
    period: "30",
    own: {},
    whose: "everyone",
    group: "model",
    order: { by: "cost", down: true },
    measure: "first",
  });
  expect(addressOf(asked(""))).toBe("/costs");
});

test.each([
  "period=7",
  "period=own&from=2026-11-01&to=2026-11-09",
  "whose=me&group=day",
  "group=day&sort=label",
  "group=comparison&sort=-tokens&times=speed",
  "period=last-month&whose=0199d2c4-0000-7000-8000-000000000001&group=user&sort=-change&times=queue",
])("%s survives a reload", (search) => {
  expect(addressOf(asked(search))).toBe(`/costs?${search}`);
});

test("what nobody understands is the usual", () => {
  expect(addressOf(asked("period=8&group=colour&sort=-shoes&times=&from=2026-02-30&whose="))).toBe("/costs");
});

test("days come last first, everything else dearest first", () => {
  expect(asked("group=day").order).toEqual({ by: "label", down: true });
  expect(asked("group=user").order).toEqual({ by: "cost", down: true });
});

test("dates are kept out of the address of a period that has its own", () => {
  expect(addressOf({ ...asked("from=2026-11-01&to=2026-11-09"), period: "7" })).toBe("/costs?period=7");
});
