import { expect, test } from "vitest";

import type { User } from "../app/me.svelte";
import { matches, mayChange, rolesFor } from "./users";

function user(role: User["role"], name = ""): User {
  const createdAt = "2026-11-21T12:00:00Z";
  return { id: role, email: `${role}@example.org`, name, role, enabled: true, hasPassword: true, createdAt };
}

test("owners are changed and made by owners only", () => {
  expect(mayChange(user("owner"), user("owner"))).toBe(true);
  expect(mayChange(user("admin"), user("owner"))).toBe(false);
  expect(mayChange(user("admin"), user("admin"))).toBe(true);
  expect(rolesFor(user("admin"))).toEqual(["viewer", "member", "admin"]);
  expect(rolesFor(user("owner"))).toContain("owner");
});

test("members change nobody", () => {
  expect(mayChange(user("member"), user("viewer"))).toBe(false);
});

test("somebody is found by all the words, in whatever order", () => {
  const ada = user("member", "Ada Lovelace");
  expect(matches(ada, "")).toBe(true);
  expect(matches(ada, "love  member@")).toBe(true);
  expect(matches(ada, "ada bob")).toBe(false);
});
