import { expect, test } from "vitest";

import { providerAddress } from "./entering";

test.each([
  ["/history?q=a%20b&tag=x", "/auth/login?returnTo=%2Fhistory%3Fq%3Da%2520b%26tag%3Dx"],
  ["/sign-in", "/auth/login?returnTo=%2F"],
])("from %s the provider sends people back to where they were", (path, address) => {
  expect(providerAddress(new URL(path, "http://localhost"))).toBe(address);
});
