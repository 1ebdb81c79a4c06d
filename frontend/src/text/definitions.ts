// Link reference definitions: who defines and who mentions. The first definition of a label wins.
import type { Token } from "marked";

import type { Links, Part } from "./grammar";

export function addDefinitions(links: Links, parts: Part[]): void {
  for (const part of parts) {
    if (part.type === "def") links[part.tag] ??= { href: part.href, title: part.title };
    else if (part.type === "list") for (const item of part.items) addDefinitions(links, asParts(item.tokens));
    else if (part.type === "blockquote") addDefinitions(links, asParts(part.tokens));
  }
}

/** Whether one of the labels stands in brackets somewhere in the text. */
export function mentions(source: string, links: Links): boolean {
  for (const [, label = ""] of source.matchAll(/\[((?:[^[\]\\]|\\.){1,999})\]/g)) {
    if (Object.hasOwn(links, normalised(label))) return true;
  }
  return false;
}

function normalised(label: string): string {
  return label.trim().replace(/\s+/g, " ").toLowerCase().toUpperCase().toLowerCase();
}

function asParts(tokens: Token[]): Part[] {
  return tokens as Part[];
}
