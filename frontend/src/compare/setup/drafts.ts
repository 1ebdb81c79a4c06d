// What somebody has prepared and not sent, for each comparison, in this browser.
import { type LaneChange, readChanges } from "./lanes";
import type { Attachment } from "./upload";

export interface Draft {
  readonly prompt: string;
  readonly attachments: readonly Attachment[];
  readonly historyMode?: "isolated" | "shared";
  /** Where they are not as they are in the comparison. */
  readonly lanes?: readonly LaneChange[];
}

const most = 30;
const index = "bakeoff.drafts";
const nothing: Draft = { prompt: "", attachments: [] };

/** `slot`: the comparison's id; empty for the one that is not begun. */
export function readDraft(slot: string): Draft {
  try {
    const kept = JSON.parse(localStorage.getItem(keyOf(slot)) ?? "null") as Partial<Draft> | null;
    const prompt = typeof kept?.prompt === "string" ? kept.prompt : "";
    const attachments = (kept?.attachments ?? []).filter((each) => typeof each.id === "string");
    return {
      prompt,
      attachments,
      ...(kept?.historyMode === "shared" && { historyMode: "shared" }),
      ...(kept?.lanes && { lanes: readChanges(kept.lanes) }),
    };
  } catch {
    return nothing;
  }
}

export function keepDraft(slot: string, draft: Draft): void {
  try {
    const others = slots().filter((each) => each !== slot);
    const empty = !draft.prompt && draft.attachments.length === 0 && !draft.lanes && draft.historyMode !== "shared";
    if (empty) localStorage.removeItem(keyOf(slot));
    else localStorage.setItem(keyOf(slot), JSON.stringify(draft));
    const all = empty ? others : [...others, slot];
    for (const old of all.slice(0, -most)) localStorage.removeItem(keyOf(old));
    localStorage.setItem(index, JSON.stringify(all.slice(-most)));
  } catch {
    // A private window, or a full store.
  }
}

function slots(): readonly string[] {
  const kept: unknown = JSON.parse(localStorage.getItem(index) ?? "[]");
  return Array.isArray(kept) ? kept.map(String) : [];
}

function keyOf(slot: string): string {
  return `bakeoff.draft.${slot || "new"}`;
}
