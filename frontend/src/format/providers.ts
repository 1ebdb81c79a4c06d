// What providers are called by people. Pure.
const names: Readonly<Record<string, string>> = {
  openai: "OpenAI",
  anthropic: "Anthropic",
  google: "Google",
  groq: "Groq",
  mistral: "Mistral",
  deepseek: "DeepSeek",
  xai: "xAI",
  together: "Together",
  openrouter: "OpenRouter",
  azure: "Azure OpenAI",
  ollama: "Ollama",
  lmstudio: "LM Studio",
  vllm: "vLLM",
  llamacpp: "llama.cpp",
  simulator: "Simulator",
};

/** An endpoint of one's own is called as it was named. */
export function providerName(endpoint: string): string {
  return names[endpoint] ?? endpoint;
}
