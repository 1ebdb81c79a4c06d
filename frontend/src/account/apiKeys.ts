// One's API keys: made, shown once, revoked.
import { answered, api, type Schemas } from "../api/client";

export type ApiKey = Schemas["ApiKeyAnswer"];
export type Scope = ApiKey["scopes"][number];

export const listApiKeys = (): Promise<readonly ApiKey[]> => answered(api.GET("/auth/api-keys"));

export const scopes: readonly { readonly name: Scope; readonly about: string }[] = [
  { name: "read", about: "Look at comparisons, models and reports" },
  { name: "run", about: "Make comparisons, which costs money" },
  { name: "admin", about: "What administrators do, if you are one" },
];

/** Days until a key ends by itself; null: never. */
export const lifetimes: readonly (readonly [number | null, string])[] = [
  [30, "in 30 days"],
  [90, "in 90 days"],
  [365, "in a year"],
  [null, "never"],
];

export type KeyState = "active" | "expired" | "revoked";

export function stateOf(key: Pick<ApiKey, "revokedAt" | "expiresAt">, now: Date): KeyState {
  if (key.revokedAt) return "revoked";
  return key.expiresAt && new Date(key.expiresAt) <= now ? "expired" : "active";
}

/** Answers with the secret, which is not kept anywhere. */
export async function makeApiKey(
  name: string,
  wanted: readonly Scope[],
  days: number | null,
  now: Date,
): Promise<string> {
  const expiresAt = days === null ? null : new Date(now.getTime() + days * 24 * 3600 * 1000).toISOString();
  const made = await answered(api.POST("/auth/api-keys", { body: { name: name.trim(), scopes: wanted, expiresAt } }));
  return made.secret;
}

export async function revokeApiKey({ id }: ApiKey): Promise<void> {
  await answered(api.DELETE("/auth/api-keys/{key_id}", { params: { path: { key_id: id } } }));
}
