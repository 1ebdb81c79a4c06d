// The shape of blocks, to compare two readings of one text. For tests.
import type { Token, Tokens } from "marked";

import type { Block } from "../blocks";
import type { Part } from "../grammar";
import { codeLines } from "../portions";

/** The blocks with portions put together again. */
export function merged(blocks: Block[]): Part[] {
  const parts: Part[] = [];
  for (const { part, continues } of blocks) {
    const last = parts.at(-1);
    if (continues && last) parts[parts.length - 1] = joined(last, part);
    else parts.push(part);
  }
  return parts;
}

function joined(first: Part, second: Part): Part {
  if (first.type === "list" && second.type === "list") {
    return { ...first, items: [...first.items, ...second.items], loose: first.loose || second.loose };
  }
  if (first.type === "table" && second.type === "table") return { ...first, rows: [...first.rows, ...second.rows] };
  if (first.type === "code" && second.type === "code") {
    return { ...first, text: codeLines(first) + codeLines(second) };
  }
  throw new Error(`${second.type} cannot continue ${first.type}`);
}

/** Kinds, texts and nesting, without what depends on where a text was cut. */
export function outline(tokens: readonly (Part | Token)[]): unknown[] {
  return (tokens as Part[]).filter((part) => !isSilent(part)).map(shape);
}

/** A checkbox stands in its first paragraph or before it, as the list is loose or not; the item knows it anyway. */
function isSilent(part: Part): boolean {
  if (part.type === "space" || part.type === "checkbox") return true;
  return part.type === "paragraph" && part.tokens.length > 0 && (part.tokens as Part[]).every(isSilent);
}

function shape(part: Part): unknown {
  switch (part.type) {
    case "list":
      return ["list", part.ordered, part.start, part.loose, part.items.map(item)];
    case "table":
      return ["table", part.align, part.header.map(cell), part.rows.map((row) => row.map(cell))];
    case "code":
      return ["code", part.lang ?? "", codeLines(part)];
    case "heading":
      return ["heading", part.depth, outline(part.tokens)];
    case "link":
      return ["link", part.href, outline(part.tokens)];
    case "image":
      return ["image", part.href, part.text];
    case "def":
      return ["def", part.tag, part.href];
    case "formula":
      return ["formula", part.tex, part.display, part.whole];
    case "text":
    case "paragraph":
      return part.tokens ? ["words", outline(part.tokens)] : part.text;
    case "blockquote":
    case "em":
    case "strong":
    case "del":
      return [part.type, outline(part.tokens)];
    default:
      return [part.type, "text" in part ? part.text : ""];
  }
}

function item(entry: Tokens.ListItem): unknown {
  return [entry.task, entry.checked ?? false, outline(entry.tokens)];
}

function cell(entry: Tokens.TableCell): unknown {
  return outline(entry.tokens);
}
