// Lists, tables and code that grow at their end: what was there before stays as it is, only the rest is made anew.
import type { Tokens } from "marked";

import type { Block } from "./blocks";
import { cardOf } from "./code";
import { decoded } from "./entities";
import type { Part } from "./grammar";
import { patchChildren } from "./patch";
import { isEndedCode, shownCode } from "./portions";
import { codeLanguage, listClass, listItems, type Surroundings, tableRows } from "./render";

/** False when it is of another kind now, or of one that does not grow at its end. */
export function grow(element: HTMLElement, before: Block[], after: Block[], around: Surroundings): boolean {
  const was = before[0]?.part;
  const parts = after.map(({ part }) => part);
  const same = before.findIndex(({ part }, index) => part !== parts[index]);
  const kept = same < 0 ? before.length : same;
  if (areAll("list", parts) && was?.type === "list") return growList(element, was, parts, kept, around);
  if (areAll("table", parts) && kept > 0) return growTable(element, parts, kept);
  if (areAll("code", parts)) return growCode(element, parts, around);
  const [now] = parts;
  return was?.type === "paragraph" && now?.type === "paragraph" && growParagraph(element, was, now);
}

/** Letters that nobody has read yet are added to a long paragraph; all the rest of it is the very same. */
function growParagraph(element: HTMLElement, was: Tokens.Paragraph, now: Tokens.Paragraph): boolean {
  const same = now.tokens.slice(0, -1);
  const letters = now.tokens.at(-1) as Part | undefined;
  const replaced = was.tokens.slice(same.length);
  if (letters?.type !== "text" || letters.tokens) return false;
  if (same.some((token, index) => token !== was.tokens[index])) return false;
  if (replaced.length > 1 || (replaced[0] && replaced[0].type !== "text")) return false;
  patchChildren(element, element.childNodes.length - replaced.length, [document.createTextNode(decoded(letters.text))]);
  return true;
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
  const ended = around.ended || isEndedCode(last);
  card.show(shownCode(portions, ended), ended);
  return true;
}

function areAll<T extends Part["type"]>(type: T, parts: Part[]): parts is Extract<Part, { type: T }>[] {
  return parts.every((part) => part.type === type);
}
