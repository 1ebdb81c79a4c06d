// Which parts of a text are closed, and which portion of the open one is. Lines, items and rows that are there stay.
import type { Tokens } from "marked";

import type { Part } from "./grammar";

export interface Portion {
  part: Part;
  /** The lines that make the rest readable by itself. */
  opening: string;
}

/** The index of the first part that later lines can still change; every one before is closed. */
export function lastOpen(parts: Part[]): number {
  let last = parts.findLastIndex((part) => part.type !== "space");
  if (last < 0) return parts.length;
  // A title in the lines after it may still belong to a definition.
  while (parts[last - 1]?.type === "def") last -= 1;
  return last;
}

/** What is closed of a part that is still open, given in whole lines. */
export function splitPortion(part: Part): Portion | undefined {
  if (part.type === "list") return splitList(part);
  if (part.type === "table") return splitTable(part);
  if (part.type === "code") return splitCode(part);
  return undefined;
}

/** All items but the last: only that one can still grow. */
function splitList(list: Tokens.List): Portion | undefined {
  const items = list.items.slice(0, -1);
  const raw = items.map((item) => item.raw).join("");
  return items.length > 0 && list.raw.startsWith(raw) ? { part: { ...list, items, raw }, opening: "" } : undefined;
}

function splitTable(table: Tokens.Table): Portion | undefined {
  const raw = table.raw.endsWith("\n") ? table.raw : `${table.raw}\n`;
  const [opening] = /^[^\n]*\n[^\n]*\n/.exec(raw) ?? [];
  return opening === undefined ? undefined : { part: { ...table, raw }, opening };
}

function splitCode(code: Tokens.Code): Portion | undefined {
  const [opening] = /^ {0,3}(?:`{3,}|~{3,})[^\n]*\n/.exec(code.raw) ?? [];
  if (opening === undefined || code.codeBlockStyle || isEndedCode(code) || !code.raw.endsWith("\n")) return undefined;
  return { part: code, opening };
}

/** Whether the fence that opened it has been closed. */
export function isEndedCode(code: Tokens.Code): boolean {
  if (code.codeBlockStyle) return false;
  const [, mark = ""] = /^ {0,3}(`{3,}|~{3,})/.exec(code.raw) ?? [];
  const lines = code.raw.trimEnd();
  const last = lines.slice(lines.lastIndexOf("\n") + 1).trim();
  return lines.includes("\n") && last.length >= mark.length && last === (mark[0] ?? "").repeat(last.length);
}

/** The code with every line ended: the grammar leaves the end of the last one out, unless that one is empty. */
export function codeLines(code: Tokens.Code): string {
  return code.text === "" || code.text.endsWith("\n") ? code.text : `${code.text}\n`;
}

/** The code as it is shown: while its last line can grow, nothing stands after that line, so that letters only come. */
export function shownCode(portions: Tokens.Code[], ended: boolean): string {
  const lines = portions.map(codeLines).join("");
  return ended ? lines : lines.replace(/\n$/, "");
}

/** The same parts with letters after them that nobody has read yet. */
export function withPlainText(parts: Part[], text: string): Part[] {
  if (!text) return parts;
  const letters: Tokens.Text = { type: "text", raw: text, text };
  const last = parts.at(-1);
  if (last?.type !== "paragraph") {
    return [...parts, { type: "paragraph", raw: text, text, tokens: [letters] }];
  }
  return [...parts.slice(0, -1), { ...last, raw: last.raw + text, tokens: [...last.tokens, letters] }];
}
