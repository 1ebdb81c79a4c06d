// One comparison of the history as a row says it. Pure: the wire's figures come in, words go out.
import type { Schemas } from "../api/client";
import { cost } from "../format/money";
import { unknown } from "../format/numbers";

export type Item = Schemas["HistoryItem"];

export interface Spent {
  readonly text: string;
  readonly words: string;
}

/** What it cost as far as that is known. Nothing was asked: nothing is said. */
export function spentOf(item: Item, locale?: string): Spent {
  const { totalCost, unknownCosts, responseCount } = item;
  if (responseCount === 0) return { text: "", words: "Nothing was spent yet" };
  const known = cost(totalCost, "computed", locale);
  if (unknownCosts === 0) return { text: known, words: known };
  const missing = unknownCosts === 1 ? "one answer" : `${unknownCosts} answers`;
  if (totalCost === 0) return { text: unknown, words: `What ${missing} cost is unknown` };
  return { text: `≥ ${known}`, words: `At least ${known}; what ${missing} cost is unknown` };
}

/** The prompt as far as the title does not say it already: most titles are its first line. */
export function beyondTitle({ title, prompt }: Pick<Item, "title" | "prompt">): string {
  const said = title.replace(/…$/, "");
  const begun = prompt.trimStart();
  if (!said || !begun.startsWith(said)) return begun;
  if (title === said) return begun.slice(said.length).trim();
  return begun.length > said.length ? `…${begun.slice(said.lastIndexOf(" ") + 1)}` : "";
}

/** The part of a model's id that tells it from others: after the provider. */
export function shortModel(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

export function lettersOf(place: number): string {
  return String.fromCharCode(65 + (place % 26));
}

/** What one may do with it. */
export function mayChange({ access }: Pick<Item, "access">): boolean {
  return access === "owner" || access === "editor";
}

const accessWords: Readonly<Record<Item["access"], string>> = {
  owner: "yours",
  editor: "you may change it",
  commenter: "you may comment",
  viewer: "you may look",
};

export function sharedBy({ owner, access }: Pick<Item, "owner" | "access">): string | null {
  return owner === null ? null : `Shared by ${owner || "somebody"}; ${accessWords[access]}`;
}
