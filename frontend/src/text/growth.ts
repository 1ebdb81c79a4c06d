// Lists, tables and code that grow at their end: what was there before stays as it is, only the rest is made anew.
import type { Tokens } from "marked";

import type { Block } from "./blocks";
import { cardOf } from "./code";
import type { Part } from "./grammar";
import { patchChildren } from "./patch";
import { codeLines, isEndedCode } from "./portions";
import { codeLanguage, listClass, listItems, type Surroundings, tableRows } from "./render";

/** False when it is of another kind now, or of one that does not grow at its end. */
export function grow(element: HTMLElement, before: Block[], now: Block[], around: Surroundings): boolean {
  const was = before[0]?.part;
  const parts = now.map(({ part }) => part);
  const same = before.findIndex(({ part }, index) => part !== parts[index]);
  const kept = same < 0 ? before.length : same;
  if (areAll("list", parts) && was?.type === "list") return growList(element, was, parts, kept, around);
  if (areAll("table", parts) && kept > 0) return growTable(element, parts, kept);
  if (areAll("code", parts)) return growCode(element, parts, around);
  return false;
}

function growList(
  element: HTMLElement,
  was: Tokens.List,
  lists: Tokens.List[],
  kept: number,
  around: Surroundings,
): boolean {
  if (was.ordered !== lists[0]?.ordered || was.start !== lists[0].start) return false;
  // One loose item makes the whole list loose; the items that are there do not change for that.
  element.className = listClass(lists.some((list) => list.loose));
  const there = lists.slice(0, kept).reduce((sum, list) => sum + list.items.length, 0);
  const fresh = lists.slice(kept).flatMap((list) => {
    return listItems(list, { ...around, ended: around.ended || list !== lists.at(-1) });
  });
  patchChildren(element, there, fresh);
  return true;
}

function growTable(element: HTMLElement, tables: Tokens.Table[], kept: number): boolean {
  const body = element.querySelector("tbody");
  if (!body) return false;
  const there = tables.slice(0, kept).reduce((sum, table) => sum + table.rows.length, 0);
  patchChildren(body, there, tables.slice(kept).flatMap(tableRows));
  return true;
}

function growCode(element: HTMLElement, portions: Tokens.Code[], around: Surroundings): boolean {
  const card = cardOf(element);
  const [first, last] = [portions[0], portions.at(-1)];
  if (!card || !first || !last || codeLanguage(first) !== card.language) return false;
  card.show(portions.map(codeLines).join(""), around.ended || isEndedCode(last));
  return true;
}

function areAll<T extends Part["type"]>(type: T, parts: Part[]): parts is Extract<Part, { type: T }>[] {
  return parts.every((part) => part.type === type);
}
