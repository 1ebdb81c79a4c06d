import { expect, test } from "vitest";

import { stateOf } from "./apiKeys";

const now = new Date("2026-11-21T12:00:00Z");

test.each([
  [null, null, "active"],
  [null, "2026-11-21T12:00:01Z", "active"],
  [null, "2026-11-21T12:00:00Z", "expired"],
  ["2026-11-20T12:00:00Z", null, "revoked"],
  ["2026-11-20T12:00:00Z", "2026-11-01T12:00:00Z", "revoked"],
] as const)("a key revoked at %s that ends at %s is %s", (revokedAt, expiresAt, state) => {
  expect(stateOf({ revokedAt, expiresAt }, now)).toBe(state);
});
