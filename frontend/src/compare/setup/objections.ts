// Why a lane, or the prompt as a whole, cannot be sent as it stands. Pure.
import { tokens } from "../../format/quantity";
import type { Enclosure } from "./attachments.svelte";
import type { Schemas } from "../../api/client";
import type { Model } from "./models.svelte";

export interface Objection {
  readonly words: string;
  /** False: it is worth knowing, and may be sent all the same. */
  readonly stops: boolean;
  /** Where something can be done about it. */
  readonly href?: string;
}

export interface AboutLane {
  readonly modelId: string;
  readonly name: string;
  readonly model: Model | undefined;
  /** Whether the catalogue is there to be asked. */
  readonly known: boolean;
  readonly enclosures: readonly Pick<Enclosure, "mediaType">[];
  readonly estimate: Schemas["LaneEstimate"] | undefined;
  /** In the server's words. */
  readonly refused: readonly string[];
}

export function objectionTo(lane: AboutLane): Objection | null {
  const { model, name, estimate } = lane;
  const refused = lane.refused[0];
  if (model && !model.available) {
    const words = `${name} cannot be asked: ${model.unavailableReason ?? "nobody says why"}.`;
    return { words, stops: true, href: "/models" };
  }
  if (refused) return { words: refused, stops: true };
  const missing = model ? notTaken(model, lane.enclosures) : "";
  if (missing) return { words: `${name} takes no ${missing}.`, stops: true };
  if (estimate?.fits === false) {
    const [window, given] = [tokens(estimate.contextWindow), tokens(estimate.inputTokens)];
    return { words: `Too long for ${name}: it holds ${window} tokens, these are ${given}.`, stops: true };
  }
  if (model || !lane.known) return null;
  return { words: `${lane.modelId} is not in the catalogue here.`, stops: false, href: "/models" };
}

function notTaken({ capabilities }: Model, enclosures: readonly Pick<Enclosure, "mediaType">[]): string {
  const { inputs } = capabilities;
  const images = enclosures.some(({ mediaType }) => mediaType.startsWith("image/"));
  const files = enclosures.some(({ mediaType }) => mediaType === "application/pdf");
  const missing = [images && !inputs.includes("image") && "images", files && !inputs.includes("pdf") && "PDF files"];
  return missing.filter(Boolean).join(" and ");
}

export interface AboutSending {
  readonly prompt: string;
  readonly lanes: number;
  readonly mostLanes: number;
  readonly uploading: boolean;
  readonly uploadFailed: boolean;
  readonly objections: readonly Objection[];
  readonly budget: Schemas["BudgetLeft"] | undefined;
}

/** Why nothing can be sent now; null: it can. */
export function whyNot(sending: AboutSending): string | null {
  if (sending.lanes === 0) return "Add a model first";
  if (sending.lanes > sending.mostLanes) return `${sending.mostLanes} lanes at most`;
  if (!sending.prompt.trim()) return "Write a prompt first";
  if (sending.uploading) return "A file is on its way";
  if (sending.uploadFailed) return "Remove the file that failed";
  const stopping = sending.objections.filter((each) => each.stops).length;
  if (stopping > 0) return stopping === 1 ? "One lane cannot take it" : `${stopping} lanes cannot take it`;
  if (sending.budget?.remaining != null && sending.budget.remaining <= 0) return "The budget is used up";
  return null;
}
