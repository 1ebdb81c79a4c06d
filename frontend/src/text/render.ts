// Blocks as nodes. Safe by construction: only what elements.ts offers can come out, and text is always text.
import type { Token, Tokens } from "marked";

import { CodeCard } from "./code";
import { type Child, element } from "./elements";
import type { Part } from "./grammar";
import type { Headings } from "./headings";
import { inlineNodes } from "./inline";
import { isEndedCode, shownCode } from "./portions";
import { formulaElement } from "./typeset";

export interface Surroundings {
  headings: Headings;
  /** Whether nothing can be added to it any more. */
  ended: boolean;
}

/** Nothing for what has no look, like a link definition. */
export function blockElement(part: Part, around: Surroundings): HTMLElement | null {
  switch (part.type) {
    case "space":
    case "def":
    case "checkbox":
      return null;
    case "heading":
      return headingElement(part, around);
    case "paragraph":
      return element("p", {}, ...inlineNodes(part.tokens));
    case "blockquote":
      return element("blockquote", {}, ...blockElements(part.tokens, around));
    case "hr":
      return element("hr", {});
    case "list":
      return listElement(part, around);
    case "table":
      return tableElement(part);
    case "code":
      return codeElement(part, around);
    case "formula":
      return element("p", {}, formulaElement(part));
    default:
      return element("p", {}, ...inlineNodes([part]));
  }
}

export function blockElements(tokens: readonly Token[], around: Surroundings): HTMLElement[] {
  return (tokens as Part[]).map((part) => blockElement(part, around)).filter((made) => made !== null);
}

function headingElement(part: Tokens.Heading, around: Surroundings): HTMLElement {
  const tag = around.headings.next(part.depth);
  return element(tag, { class: `size-${part.depth}` }, ...inlineNodes(part.tokens));
}

function codeElement(part: Tokens.Code, around: Surroundings): HTMLElement {
  const card = new CodeCard(codeLanguage(part));
  const ended = around.ended || isEndedCode(part);
  card.show(shownCode([part], ended), ended);
  return card.element;
}

export function codeLanguage(part: Tokens.Code): string {
  return /^[^\s{,:]{0,40}/.exec(part.lang ?? "")?.[0] ?? "";
}

function listElement(part: Tokens.List, around: Surroundings): HTMLElement {
  const kind = listClass(part.loose);
  if (!part.ordered) return element("ul", { class: kind }, ...listItems(part, around));
  const start = part.start === "" || part.start === 1 ? {} : { start: String(part.start) };
  return element("ol", { class: kind, ...start }, ...listItems(part, around));
}

export function listClass(isLoose: boolean): string {
  return isLoose ? "loose" : "tight";
}

export function listItems(part: Tokens.List, around: Surroundings): HTMLElement[] {
  return part.items.map((item, index) => {
    // Only the last item of an open list can still grow.
    const ended = around.ended || index < part.items.length - 1;
    const content = blockElements(item.tokens, { ...around, ended });
    return item.task
      ? element("li", { class: "task" }, taskBox(item.checked === true), ...content)
      : element("li", {}, ...content);
  });
}

function taskBox(done: boolean): Child {
  return element("span", { class: done ? "box done" : "box", role: "img", "aria-label": done ? "Done:" : "To do:" });
}

function tableElement(part: Tokens.Table): HTMLElement {
  const head = element("thead", {}, tableRow(part.header));
  const name = `Table: ${part.header.map((cell) => cell.text).join(", ")}`.slice(0, 120);
  return element(
    "div",
    { class: "table", role: "group", tabindex: "0", "aria-label": name },
    element("table", {}, head, element("tbody", {}, ...tableRows(part))),
  );
}

export function tableRows(part: Tokens.Table): HTMLElement[] {
  return part.rows.map(tableRow);
}

function tableRow(cells: Tokens.TableCell[]): HTMLElement {
  return element("tr", {}, ...cells.map(tableCell));
}

function tableCell(cell: Tokens.TableCell): HTMLElement {
  const side = cell.align ? { class: cell.align } : {};
  const words = inlineNodes(cell.tokens);
  return cell.header
    ? element("th", { scope: "col", ...side }, ...words)
    : element("td", side, ...words);
}
