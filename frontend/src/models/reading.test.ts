import { expect, test } from "vitest";

import { providerName } from "../format/providers";
import { obstacleOf, perMillion, type Rates, statedRates, tryAddress, windowOf } from "./reading";

test.each([
  ["0.05", "$0.05"],
  ["0.1", "$0.10"],
  ["15", "$15"],
  ["1.2345", "$1.2345"],
  ["0.00000025", "$0.00000025"],
  ["0", "free"],
  [null, "—"],
  ["?", "—"],
])("%s dollars for a million tokens read as %s", (dollars, shown) => {
  expect(perMillion(dollars, "en")).toBe(shown);
});

test.each([
  [128_000, "128k"],
  [1_000_000, "1M"],
  [1_048_576, "1M"],
  [1_500_000, "1.5M"],
  [8192, "8.2k"],
  [null, "—"],
])("a window of %s tokens is %s", (tokens, shown) => {
  expect(windowOf(tokens, "en")).toBe(shown);
});

test("only what is charged apart is listed", () => {
  const rates = { input: "1", cacheRead: "0.1", output: "5", reasoning: null, cacheWrite5M: null } as Rates;
  const all = { ...rates, cacheWrite1H: null, inputAudio: null, outputAudio: null };
  expect(statedRates(all)).toEqual([["Input", "1"], ["Cached input", "0.1"], ["Output", "5"]]);
});

const kept = (unavailableReason: string | null, provider = "openai") =>
  obstacleOf({ available: unavailableReason === null, unavailableReason, provider });

test.each([
  ["set OPENAI_API_KEY", "openai", "No key for OpenAI yet.", true],
  ["set its key", "house", "No key for house yet.", true],
  [
    "set BAKEOFF_AZURE_BASE_URL",
    "azure",
    "The server does not know where Azure OpenAI is: whoever runs it sets BAKEOFF_AZURE_BASE_URL.",
    false,
  ],
  [
    "not running at http://127.0.0.1:1234/v1",
    "lmstudio",
    "LM Studio is not running at http://127.0.0.1:1234/v1. Start it.",
    false,
  ],
  ["does not list its models: refused", "vllm", "vLLM does not list its models: refused.", false],
  ["Ollama has no model llama", "ollama", "Ollama has no model llama.", false],
])("%s is said as what to do", (reason, provider, words, key) => {
  expect(kept(reason, provider)).toEqual({ words, key });
});

test("what can be asked has no obstacle", () => {
  expect(kept(null)).toBeNull();
});

test("an id survives the way to the playground", () => {
  const address = tryAddress("openrouter/a&b=c,d e");
  expect(new URL(address, "http://localhost").searchParams.get("models")).toBe("openrouter/a&b=c,d e");
});

test("an endpoint of one's own keeps its name", () => {
  expect(providerName("house")).toBe("house");
  expect(providerName("xai")).toBe("xAI");
});
