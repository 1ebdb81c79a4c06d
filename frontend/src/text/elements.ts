// The only way from a text to the page: a closed list of elements and attributes, and letters that stay letters.

export const tags = [
  "a", "blockquote", "br", "button", "code", "del", "div", "em", "figcaption", "figure", "h1", "h2", "h3", "h4", "h5",
  "h6", "hr", "img", "li", "ol", "p", "pre", "span", "strong", "table", "tbody", "td", "th", "thead", "tr", "ul",
] as const;

export const attributes = [
  "alt", "aria-label", "class", "href", "rel", "role", "scope", "src", "start", "tabindex", "target", "type",
] as const;

export type Tag = (typeof tags)[number];
export type Attributes = Partial<Record<(typeof attributes)[number], string>>;
export type Child = Node | string;

export function element<T extends Tag>(tag: T, given: Attributes, ...children: Child[]): HTMLElementTagNameMap[T] {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(given)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

export const mathTags = [
  "annotation", "math", "menclose", "mfrac", "mi", "mn", "mo", "mover", "mpadded", "mphantom", "mroot", "mrow",
  "mspace", "msqrt", "mstyle", "msub", "msubsup", "msup", "mtable", "mtd", "mtext", "mtr", "munder", "munderover",
  "semantics",
] as const;

export const mathAttributes = [
  "accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "display", "displaystyle",
  "encoding", "fence", "height", "largeop", "linebreak", "linethickness", "lspace", "mathbackground", "mathcolor",
  "mathsize", "mathvariant", "maxsize", "minsize", "notation", "rowlines", "rowspacing", "rspace", "scriptlevel",
  "separator", "stretchy", "valign", "voffset", "width",
] as const;

const mathTagSet = new Set<string>(mathTags);
const mathAttributeSet = new Set<string>(mathAttributes);

/** Whatever is not on the lists is left out: an element becomes a row, an attribute nothing. */
export function mathElement(tag: string, given: Record<string, string>, children: Child[]): Element {
  const made = document.createElementNS("http://www.w3.org/1998/Math/MathML", mathTagSet.has(tag) ? tag : "mrow");
  for (const [name, value] of Object.entries(given)) {
    if (mathAttributeSet.has(name)) made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}
