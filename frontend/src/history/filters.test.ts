import { expect, test } from "vitest";

import { addressOf, type Filters, filtersOf, inWords, isNarrowed, none, questionOf } from "./filters";

const all: Filters = {
  q: "größe & \"exact words\"",
  model: "openai/gpt-5.4",
  status: "failed",
  tag: "release 2",
  from: "2026-11-01",
  to: "2026-11-21",
  deleted: true,
};

function read(address: string): Filters {
  return filtersOf(new URL(address, "http://localhost").searchParams);
}

test("an address recreates what was looked for", () => {
  expect(read(addressOf(all))).toEqual(all);
  expect(read(addressOf(none))).toEqual(none);
  for (const [name, value] of Object.entries(all)) {
    const one = { ...none, [name]: value };
    expect(read(addressOf(one))).toEqual(one);
  }
});

test("without filters the address is bare", () => {
  expect(addressOf(none)).toBe("/history");
});

test.each(["status=gone", "from=yesterday", "to=2026-02-30", "from=2026-13-01", "deleted=1", "other=x"])(
  "%s is passed over",
  (query) => expect(read(`/history?${query}`)).toEqual(none),
);

test("tags are in lower case, as the server keeps them", () => {
  expect(read("/history?tag=Draft").tag).toBe("draft");
});

test("days are those of the reader, both included", () => {
  const { from, to } = questionOf({ ...none, from: "2026-11-01", to: "2026-11-01" });
  expect(new Date(from as string)).toEqual(new Date(2026, 10, 1));
  expect(new Date(to as string)).toEqual(new Date(2026, 10, 2));
});

test("the server is asked for nothing that was not said", () => {
  expect(questionOf({ ...none, q: "  " })).toEqual({});
  expect(questionOf({ ...none, q: "two words ", status: "pending" })).toEqual({ q: "two words ", status: "pending" });
});

test("blanks and the trash hold nothing back", () => {
  expect(isNarrowed({ ...none, q: " ", deleted: true })).toBe(false);
  expect(isNarrowed({ ...none, tag: "draft" })).toBe(true);
});

test("what was looked for is said in words", () => {
  expect(inWords(all, "en-GB")).toBe(
    "“größe & \"exact words\"”, model openai/gpt-5.4, status failed, tag release 2, from 1 Nov 2026, to 21 Nov 2026",
  );
});
