// What may be done with a comparison over HTTP. Knows no screen.
import { answered, api, type Schemas } from "../api/client";
import type { Load } from "../room/membership";
import type { Comparison } from "../room/wire";

type Changes = Schemas["ChangeComparison"];

export const load: Load = async (sessionId) => {
  const { room, ...comparison } = await answered(api.GET("/api/comparisons/{comparison_id}", at(sessionId)));
  return { comparison, position: room };
};

export async function create(body: Schemas["CreateComparison"]): Promise<string> {
  const created = await answered(api.POST("/api/comparisons", { body }));
  return created.sessionId;
}

export async function send(sessionId: string, body: Schemas["StartTurn"]): Promise<void> {
  await answered(api.POST("/api/comparisons/{comparison_id}/turns", { ...at(sessionId), body }));
}

export async function change(sessionId: string, body: Changes): Promise<void> {
  await answered(api.PATCH("/api/comparisons/{comparison_id}", { ...at(sessionId), body }));
}

/** Null: none of them after all. */
export async function choose(sessionId: string, turnId: string, responseId: string | null): Promise<void> {
  const path = { comparison_id: sessionId, turn_id: turnId };
  const asked = api.POST("/api/comparisons/{comparison_id}/turns/{turn_id}/choose", {
    params: { path },
    body: { responseId },
  });
  await answered(asked);
}

/** The copy's id. */
export async function branch(sessionId: string, turnId: string): Promise<string> {
  const copy = await answered(
    api.POST("/api/comparisons/{comparison_id}/branch", { ...at(sessionId), body: { turnId } }),
  );
  return copy.sessionId;
}

export function replay(sessionId: string): Promise<Schemas["Replay"]> {
  return answered(api.GET("/api/comparisons/{comparison_id}/replay", at(sessionId)));
}

export function sent(sessionId: string, responseId: string): Promise<Schemas["SentPrompt"]> {
  const path = { comparison_id: sessionId, response_id: responseId };
  return answered(
    api.GET("/api/comparisons/{comparison_id}/responses/{response_id}/sent", { params: { path } }),
  );
}

export function shares(sessionId: string): Promise<readonly Schemas["ShareAnswer"][]> {
  return answered(api.GET("/api/comparisons/{comparison_id}/shares", at(sessionId)));
}

export function share(sessionId: string, body: Schemas["CreateShare"]): Promise<Schemas["NewShare"]> {
  return answered(api.POST("/api/comparisons/{comparison_id}/shares", { ...at(sessionId), body }));
}

export async function unshare(sessionId: string, shareId: string): Promise<void> {
  const path = { comparison_id: sessionId, share_id: shareId };
  await answered(api.DELETE("/api/comparisons/{comparison_id}/shares/{share_id}", { params: { path } }));
}

export async function remove(sessionId: string): Promise<void> {
  await answered(api.DELETE("/api/comparisons/{comparison_id}", at(sessionId)));
}

export async function restore(sessionId: string): Promise<void> {
  await answered(api.POST("/api/comparisons/{comparison_id}/restore", at(sessionId)));
}

export const exports = [
  { format: "markdown", label: "Markdown" },
  { format: "csv", label: "CSV" },
  { format: "json", label: "JSON, to be imported again" },
  { format: "html", label: "Web page, one file" },
] as const;

export function exportAddress(comparison: Comparison, format: string): string {
  return `/api/comparisons/${comparison.sessionId}/export?format=${format}`;
}

function at(sessionId: string): { params: { path: { comparison_id: string } } } {
  return { params: { path: { comparison_id: sessionId } } };
}
