// What things about models are called.
import type { Need, Order } from "./filters";

export const needWords: Readonly<Record<Need, string>> = {
  reasoning: "Reasoning",
  image: "Images",
  pdf: "PDF files",
  tools: "Tools",
};

export const orderWords: Readonly<Record<Order, string>> = {
  name: "Model",
  window: "Window",
  output: "Max. output",
  input: "Input",
  cached: "Cached",
  out: "Output",
};

export const parameterWords: Readonly<Record<string, string>> = {
  temperature: "temperature",
  top_p: "top-p",
  max_output_tokens: "maximum output",
  stop: "stop sequences",
  seed: "seed",
  reasoning_effort: "reasoning effort",
  response_format: "JSON output",
  tools: "tools",
};
