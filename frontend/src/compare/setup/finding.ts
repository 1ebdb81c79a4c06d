// The rows of the model picker: what was searched for, in groups. Pure.
import { groupedBy } from "./grouping";
import type { Model } from "./models.svelte";

export type Row =
  | { readonly kind: "group"; readonly key: string; readonly title: string; readonly note: string }
  | { readonly kind: "model"; readonly key: string; readonly model: Model }
  | { readonly kind: "exact"; readonly key: string; readonly id: string };

export function rowsOf(all: readonly Model[], recent: readonly Model[], query: string): readonly Row[] {
  const words = wordsOf(query);
  const found = all.filter((model) => matches(model, words));
  const rows = words.length === 0 ? groupOf("Used lately", recent, "recent") : [];
  for (const available of [true, false]) {
    const groups = groupedBy(found.filter((each) => each.available === available), (each) => each.provider);
    for (const [provider, models] of groups) rows.push(...groupOf(provider, models, `${provider}-${available}`));
  }
  return [...rows, ...exactly(query.trim(), all)];
}

/** All words, in any order, with or without the dots and dashes that nobody remembers. */
export function matches(model: Model, words: readonly string[]): boolean {
  if (words.length === 0) return true;
  const text = textOf(model);
  const closed = text.replaceAll(" ", "");
  return words.every((word) => text.includes(word) || closed.includes(word));
}

export function wordsOf(query: string): readonly string[] {
  return plain(query).split(" ").filter(Boolean);
}

function groupOf(title: string, models: readonly Model[], key: string): Row[] {
  if (models.length === 0) return [];
  const reasons = new Set(models.map((model) => model.unavailableReason ?? ""));
  const note = reasons.size === 1 && key !== "recent" ? ([...reasons][0] ?? "") : "";
  const rows = models.map((model): Row => ({ kind: "model", key: `${key} ${model.id}`, model }));
  return [{ kind: "group", key, title, note }, ...rows];
}

/** Servers may know more than they list, and simulated models are told how to behave in their name. */
function exactly(id: string, all: readonly Model[]): readonly Row[] {
  if (!/^[^\s/]+\/\S+$/.test(id) || all.some((model) => model.id === id)) return [];
  return [{ kind: "exact", key: `exact ${id}`, id }];
}

function textOf({ id, displayName, simulated, capabilities, deprecated }: Model): string {
  const { inputs, reasoning, tools } = capabilities;
  const can = [...inputs, inputs.includes("image") && "vision", reasoning && "reasoning", tools && "tools"];
  const is = [simulated && "simulated", deprecated && "deprecated"];
  return plain([id, displayName, ...is, ...can].filter(Boolean).join(" "));
}

function plain(text: string): string {
  return text.toLowerCase().replace(/[^\p{L}\p{N}]+/gu, " ").trim();
}
