// Saving a provider key. It goes to the server, is tried there with the provider, and never comes back.
import { answered, api, type Schemas } from "../api/client";

export type SavedKey = Schemas["SavedProviderKey"];

export function saveKey(endpoint: string, key: string, shared: boolean): Promise<SavedKey> {
  const params = { path: { endpoint } };
  return answered(api.PUT("/api/keys/{endpoint}", { params, body: { key: key.trim(), shared } }));
}
