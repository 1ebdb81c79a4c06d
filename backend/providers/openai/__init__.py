"""OpenAI and everybody who speaks its API: Chat Completions, Responses, embeddings."""
