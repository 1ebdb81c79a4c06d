// The places a provider key can be kept for: those of the server, then one's own model servers. Pure.
import type { Schemas } from "../api/client";
import { providerName } from "../format/providers";

export type ProviderKey = Schemas["ProviderKey"];

export interface Place {
  readonly name: string;
  readonly displayName: string;
  /** The server has a key of its own. */
  readonly served: boolean;
  /** One's own comes before everyone's: it is the one that is used. */
  readonly keys: readonly ProviderKey[];
}

const keyless = new Set(["simulator", "ollama", "lmstudio", "vllm", "llamacpp"]);

/** `features`: which of the server's providers can be asked already, by name. */
export function placesOf(
  features: Readonly<Record<string, boolean>>,
  endpoints: readonly Pick<Schemas["OwnEndpoint"], "name" | "displayName">[],
  keys: readonly ProviderKey[],
): Place[] {
  const titles = new Map(keys.map((key) => [key.endpoint, key.displayName]));
  for (const { name, displayName } of endpoints) if (!titles.has(name)) titles.set(name, displayName);
  const kept = new Set(keys.map((key) => key.endpoint));
  const listed = Object.keys(features).filter((name) => !keyless.has(name) || kept.has(name));
  const all = new Set([...listed, ...endpoints.map(({ name }) => name), ...kept]);
  return [...all].map((name) => ({
    name,
    displayName: titles.get(name) ?? providerName(name),
    served: features[name] === true && !keyless.has(name),
    keys: keys.filter((key) => key.endpoint === name).sort((a, b) => Number(a.shared) - Number(b.shared)),
  }));
}

/** "···1234"; short keys show nothing of themselves. */
export function endOf({ lastFour }: Pick<ProviderKey, "lastFour">): string {
  return lastFour ? `···${lastFour}` : "";
}
