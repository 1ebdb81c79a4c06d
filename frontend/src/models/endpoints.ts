// Model servers that users add: asked for, added, changed, removed.
import { answered, api, type Schemas } from "../api/client";

export type Endpoint = Schemas["OwnEndpoint"];
export type Dialect = Endpoint["dialect"];

export interface Kept {
  readonly endpoints: readonly Endpoint[];
  /** Names of those that a key is saved for. */
  readonly keyed: ReadonlySet<string>;
}

export const dialectWords: Readonly<Record<Dialect, string>> = {
  chat: "OpenAI Chat Completions",
  responses: "OpenAI Responses",
  messages: "Anthropic Messages",
};

export async function findEndpoints(): Promise<Kept> {
  const [endpoints, keys] = await Promise.all([answered(api.GET("/api/endpoints")), answered(api.GET("/api/keys"))]);
  return { endpoints, keyed: new Set(keys.map((key) => key.endpoint)) };
}

export function addEndpoint(wanted: Schemas["CreateEndpoint"]): Promise<Endpoint> {
  return answered(api.POST("/api/endpoints", { body: wanted }));
}

export function changeEndpoint(id: string, wanted: Schemas["ChangeEndpoint"]): Promise<Schemas["ChangedEndpoint"]> {
  const params = { path: { endpoint_id: id } };
  return answered(api.PATCH("/api/endpoints/{endpoint_id}", { params, body: wanted }));
}

export async function removeEndpoint(id: string): Promise<void> {
  await answered(api.DELETE("/api/endpoints/{endpoint_id}", { params: { path: { endpoint_id: id } } }));
}

/** One on each line, in any number of blanks and commas, each once. */
export function modelsIn(text: string): readonly string[] {
  const names = text.split(/[\n,]/).map((name) => name.trim());
  return [...new Set(names.filter(Boolean))];
}
