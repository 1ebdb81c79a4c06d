// Provider keys: they go in, are tried there, and never come out.
import { answered, api } from "../api/client";
import { type Place, placesOf, type ProviderKey } from "./places";

export async function listPlaces(): Promise<readonly Place[]> {
  const [info, endpoints, keys] = await Promise.all([
    answered(api.GET("/api/info")),
    answered(api.GET("/api/endpoints")),
    answered(api.GET("/api/keys")),
  ]);
  return placesOf(info.features, endpoints, keys);
}

export async function removeKey({ endpoint, shared }: ProviderKey): Promise<void> {
  await answered(api.DELETE("/api/keys/{endpoint}", { params: { path: { endpoint }, query: { shared } } }));
}
