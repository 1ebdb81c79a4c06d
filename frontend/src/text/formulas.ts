// Where formulas stand in a text: $…$, $$…$$, \(…\) and \[…\]. Knows their borders, not TeX, and takes money for
// money.

export interface Formula {
  type: "formula";
  raw: string;
  tex: string;
  display: boolean;
  /** False while its end has not come: then it is shown as it was written. */
  whole: boolean;
}

const closers: Record<string, string> = { $$: "$$", "\\[": "\\]" };

// Everything up to a blank line belongs to a formula that has begun, so it stays one block however it grows.
const paragraph = /^[^\n]*(?:\n(?![ \t]*(?:\n|$))[^\n]*)*\n?/;
const opener = /^ {0,3}(\$\$|\\\[)([^\n]*)/;

export function blockFormula(source: string): Formula | undefined {
  const [line = "", mark = "", first = ""] = opener.exec(source) ?? [];
  if (!mark || !standsAlone(mark, first)) return undefined;
  const [lines = ""] = paragraph.exec(source) ?? [];
  const start = line.length - first.length;
  const end = lines.indexOf(closers[mark] ?? mark, start);
  if (end < 0) return written(lines);
  const raw = lines.slice(0, end + 2) + (/^[ \t]*(?:\n|$)/.exec(lines.slice(end + 2))?.[0] ?? "");
  const tex = lines.slice(start, end).trim();
  return tex ? { type: "formula", raw, tex, display: true, whole: true } : written(raw);
}

/** Where a block of its own begins within the paragraph at the start of the source. */
export function blockFormulaStart(source: string): number | undefined {
  for (const found of source.matchAll(/\n(?: {0,3}(\$\$|\\\[)([^\n]*)|[ \t]*(?=\n|$))/g)) {
    if (!found[1]) return undefined;
    if (standsAlone(found[1], found[2] ?? "")) return found.index + 1;
  }
  return undefined;
}

/** Its first line alone decides, so that what stands above it is settled: it goes on, or it ends with the line. */
function standsAlone(mark: string, first: string): boolean {
  const end = first.indexOf(closers[mark] ?? mark);
  return end < 0 || (first.slice(0, end).trim() !== "" && first.slice(end + 2).trim() === "");
}

function written(raw: string): Formula {
  return { type: "formula", raw, tex: raw.trim(), display: true, whole: false };
}

const bracketed = /^\\\(((?:[^\\\n]|\\(?!\))[\s\S]|\n(?!\s*\n))+?)\\\)/;
const displayed = /^(?:\$\$((?:[^$\\]|\\[\s\S])+?)\$\$|\\\[((?:[^\\]|\\(?!\])[\s\S])+?)\\\])/;
// A dollar sign opens a formula when no space follows it, and closes one when no space stands before and no digit after.
const single = /^\$(?![\s$])((?:[^$\\\n]|\\[^\n])+?)(?<!\s)\$(?![\d$])/;
const money = /^\d[\d.,]*(?:\s?[kKmMbB]n?\b|\s?(?:USD|EUR|cents?|dollars?)\b)?(?=[\s,;:.!?)/–-]|$)/;
const notation = /[\\^_={}<>+]/;

export function inlineFormula(source: string): Formula | undefined {
  const [wrapped, first, second] = displayed.exec(source) ?? [];
  if (wrapped !== undefined) return formula(wrapped, first ?? second ?? "", true);
  const [inBrackets, content] = bracketed.exec(source) ?? [];
  if (inBrackets !== undefined) return formula(inBrackets, content ?? "", false);
  const [inDollars, tex = ""] = single.exec(source) ?? [];
  if (inDollars === undefined || (money.test(tex) && !notation.test(tex))) return undefined;
  return formula(inDollars, tex, false);
}

/** Where a formula may begin within a line; one that follows a letter or a digit is a price: US$5. */
export function inlineFormulaStart(source: string): number | undefined {
  const start = /(?<![\w$\\])\$|\\[([]/.exec(source);
  return start?.index;
}

function formula(raw: string, tex: string, display: boolean): Formula | undefined {
  return tex.trim() ? { type: "formula", raw, tex: tex.trim(), display, whole: true } : undefined;
}
