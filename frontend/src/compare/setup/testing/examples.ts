// Models and lanes for tests, as the server has them.
import type { Comparison, Lane } from "../../../room/wire";
import type { Model } from "../models.svelte";

type Change = Partial<Omit<Model, "capabilities">> & { capabilities?: Partial<Model["capabilities"]> };

export function model(id: string, { capabilities, ...change }: Change = {}): Model {
  const name = id.slice(id.indexOf("/") + 1);
  return {
    id,
    provider: id.slice(0, id.indexOf("/")),
    displayName: name[0]?.toUpperCase() + name.slice(1),
    contextWindow: 128_000,
    maxOutputTokens: 8192,
    capabilities: {
      kind: "chat",
      inputs: [],
      reasoning: false,
      efforts: [],
      tools: true,
      parameters: ["temperature", "top_p", "max_output_tokens", "stop", "seed", "response_format", "tools"],
      ...capabilities,
    },
    prices: null,
    available: true,
    unavailableReason: null,
    simulated: false,
    deprecated: false,
    ...change,
  };
}

export function priced(id: string, input: string, output: string, change: Change = {}): Model {
  const cache = { cacheRead: null, cacheWrite5M: null, cacheWrite1H: null };
  const rates = { input, output, ...cache, inputAudio: null, reasoning: null, outputAudio: null };
  const prices = { currency: "USD", rates, tiers: [], perRequest: null, source: "list", condition: "" };
  return model(id, { prices, ...change });
}

export function lane(id: string, modelId: string, change: Partial<Lane> = {}): Lane {
  const plain = { label: "", systemPrompt: "", parameters: {}, fallbackModelIds: [], removed: false };
  return { id, modelId, ...plain, ...change } as Lane;
}

export function comparison(sessionId: string, lanes: readonly Lane[]): Comparison {
  return { sessionId, lanes, historyMode: "isolated" } as unknown as Comparison;
}
