// A list that was read piece by piece, and a piece of it that was read again. Pure.
import type { Item } from "./reading";

/** `fresh` is what now stands from `start` on; it ends where its last known item does. `last`: nothing follows. */
export function renewed(
  items: readonly Item[],
  start: number,
  fresh: readonly Item[],
  last = false,
): readonly Item[] {
  const known = new Map(items.map((item, place) => [item.sessionId, place]));
  const ends = fresh.map((item) => known.get(item.sessionId) ?? -1);
  const end = last ? items.length : Math.max(start, ...ends.map((place) => place + 1));
  const there = new Set(fresh.map((item) => item.sessionId));
  const others = (item: Item): boolean => !there.has(item.sessionId);
  return [...items.slice(0, start).filter(others), ...fresh, ...items.slice(end).filter(others)];
}

/** What is new of a page: between two questions the list may have moved. */
export function further(items: readonly Item[], known: ReadonlySet<string>, page: readonly Item[]): readonly Item[] {
  const fresh = page.filter((item) => !known.has(item.sessionId));
  return fresh.length ? [...items, ...fresh] : items;
}
