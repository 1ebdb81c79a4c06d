// Provider keys: they go in, are tried there, and never come out.
import { answered, api, Refused, type Schemas } from "../api/client";
import { type Place, placesOf, type ProviderKey } from "./places";

export async function listPlaces(): Promise<readonly Place[]> {
  const [info, endpoints, keys] = await Promise.all([
    answered(api.GET("/api/info")),
    answered(api.GET("/api/endpoints")),
    answered(api.GET("/api/keys")),
  ]);
  return placesOf(info.features, endpoints, keys);
}

export async function saveKey(place: Place, key: string, shared: boolean): Promise<Schemas["SavedProviderKey"]> {
  const path = { endpoint: place.name };
  try {
    return await answered(api.PUT("/api/keys/{endpoint}", { params: { path }, body: { key: key.trim(), shared } }));
  } catch (error) {
    if (!(error instanceof Refused) || error.status !== 404) throw error;
    const words = `This server has no address for ${place.displayName}. Whoever runs it can set one.`;
    throw new Refused(words, error.status, error.code, error.requestId);
  }
}

export async function removeKey({ endpoint, shared }: ProviderKey): Promise<void> {
  await answered(api.DELETE("/api/keys/{endpoint}", { params: { path: { endpoint }, query: { shared } } }));
}
