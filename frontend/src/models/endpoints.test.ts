import { expect, test } from "vitest";

import { modelsIn } from "./endpoints";

test("models are named one on a line or between commas, each once", () => {
  expect(modelsIn(" llama-3 \n\nqwen, mistral 7b,\nllama-3\n")).toEqual(["llama-3", "qwen", "mistral 7b"]);
  expect(modelsIn("\n ,")).toEqual([]);
});
