import { expect, test } from "vitest";

import recorded from "../../../backend/accounts/audit.py?raw";
import { deedOf, detailsOf, doerOf, type Entry, isSought, subjectOf, subjects } from "./deeds";

const entry: Entry = {
  id: "1",
  at: "2026-11-21T12:00:00Z",
  userId: "2",
  email: "ada@example.org",
  action: "user.role_changed",
  subject: "bob@example.org",
  address: "10.0.0.7",
  requestId: "r-17",
  details: { before: "member", after: "admin" },
};

/** As the server writes them. */
const listed = /^Action[^[]*\[(.*?)^\]/ms.exec(recorded)?.[1] ?? "";
const actions = [...listed.matchAll(/"([a-z_.]+)"/g)].map(([, action]) => action ?? "");

test("every deed that the server knows has words, and a kind to look for", () => {
  expect(actions).toContain("user.signed_in");
  expect(actions.filter((action) => deedOf({ action }) === action.replaceAll(/[._]/g, " "))).toEqual([]);
  const prefixes = subjects.flatMap((subject) => subject.prefixes);
  expect(actions.filter((action) => !prefixes.some((prefix) => action.startsWith(prefix)))).toEqual([]);
});

test("a deed of a later version is shown as it is called", () => {
  expect(deedOf({ action: "robot.let_loose" })).toBe("robot let loose");
});

test("nobody's deeds are the command line's, or somebody's who did not get in", () => {
  expect(doerOf({ email: "", address: "command line" })).toBe("The command line");
  expect(doerOf({ email: "", address: "10.0.0.7" })).toBe("Somebody");
});

test("who did something to himself is named once", () => {
  expect(subjectOf(entry)).toBe(": bob@example.org");
  expect(subjectOf({ ...entry, subject: entry.email })).toBe("");
});

test("details are read as people write them", () => {
  const details = { shared: true, baseUrl: "http://x", scopes: ["read", "run"], webhookHost: null, device: "d" };
  expect(detailsOf({ details })).toBe("shared: yes, base url: http://x, scopes: read run");
});

test("an entry is found by who, what, whom, where and in which request", () => {
  for (const word of ["ada", "another role", "bob", "10.0.0.7", "r-17", "after: admin", "user.role"]) {
    expect(isSought(entry, "", word), word).toBe(true);
  }
  expect(isSought(entry, "", "carla")).toBe(false);
});

test("an entry is found among its kind only", () => {
  expect(isSought(entry, "People and devices", "")).toBe(true);
  expect(isSought(entry, "Budgets", "")).toBe(false);
});
