// What stands within a line: emphasis, code, links, pictures, formulas. Builds nodes; reads no markdown.
import type { Token, Tokens } from "marked";

import { embeddedPicture, linkAddress, pictureHost } from "./addresses";
import { type Child, element } from "./elements";
import { decoded } from "./entities";
import type { Part } from "./grammar";
import { formulaElement } from "./typeset";

const outside = { target: "_blank", rel: "noopener noreferrer nofollow" };

export function inlineNodes(tokens: readonly Token[] | undefined): Child[] {
  return ((tokens ?? []) as Part[]).flatMap(inlineNode);
}

function inlineNode(part: Part): Child[] {
  switch (part.type) {
    case "text":
      return part.tokens ? inlineNodes(part.tokens) : [decoded(part.text)];
    case "escape":
      return [part.text];
    case "strong":
    case "em":
    case "del":
      return [element(part.type, {}, ...inlineNodes(part.tokens))];
    case "codespan":
      return [element("code", {}, part.text)];
    case "br":
      return [element("br", {})];
    case "link":
      return link(part);
    case "image":
      return image(part);
    case "formula":
      return [formulaElement(part)];
    case "checkbox":
      return [];
    default:
      return [part.raw];
  }
}

/** An address that leads anywhere else stays as it was written. */
function link(part: Tokens.Link): Child[] {
  const address = linkAddress(part.autolink ? part.href : decoded(part.href));
  if (address === null) return [part.raw];
  const words = part.autolink ? [part.text] : inlineNodes(part.tokens);
  return [element("a", { href: address, ...outside }, ...words)];
}

/** A picture from elsewhere is never fetched: its address opens in a tab of its own, where the reader asks for it. */
function image(part: Tokens.Image): Child[] {
  const href = decoded(part.href);
  const embedded = embeddedPicture(href);
  if (embedded !== null) return [element("img", { src: embedded, alt: decoded(part.text) })];
  const elsewhere = pictureHost(href);
  if (elsewhere === null) return [part.raw];
  const name = part.text ? `“${decoded(part.text)}”: ` : "";
  const words = `${name}show image from ${elsewhere.host} in a new tab`;
  return [element("a", { class: "picture", href: elsewhere.address, ...outside }, words)];
}
