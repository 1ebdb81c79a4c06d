// Saving a provider key. It goes to the server, is tried there with the provider, and never comes back.
import { answered, api, Refused, type Schemas } from "../api/client";

export type SavedKey = Schemas["SavedProviderKey"];

export async function saveKey(endpoint: string, key: string, shared: boolean): Promise<SavedKey> {
  const params = { path: { endpoint } };
  try {
    return await answered(api.PUT("/api/keys/{endpoint}", { params, body: { key: key.trim(), shared } }));
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
    const words = "This server has no address to send it to. Whoever runs the server can set one.";
    throw new Refused(words, error.status, error.code, error.requestId);
  }
}
