// Markdown as an answer may use it: GFM and formulas, no HTML. Bounded in depth and in work. Draws nothing.
import { Lexer, Marked, type MarkedToken, type Token, Tokenizer, type Tokens } from "marked";

import { blockFormula, blockFormulaStart, type Formula, inlineFormula, inlineFormulaStart } from "./formulas";

export type Links = Record<string, { href: string; title: string }>;

/** Everything a reading may hold. HTML has no kind of its own: it is text. */
export type Part = Exclude<MarkedToken, Tokens.HTML | Tokens.Tag> | Formula;

// Nobody means more levels than these, and each one reads everything below it again.
const deepestBlock = 24;
const deepestInline = 10;
// Emphasis and links take quadratic time in the length of what is read at once.
const longest = 2000;
const mostMarks = 300;

class AnswerTokenizer extends Tokenizer {
  #depth = 0;

  override blockquote(source: string): Tokens.Blockquote | undefined {
    return this.#within(() => super.blockquote(source));
  }

  override list(source: string): Tokens.List | undefined {
    return this.#within(() => super.list(source));
  }

  override lheading(source: string): Tokens.Heading | undefined {
    // A formula ends the paragraph above it, so a line under the formula cannot make that a heading.
    const [raw] = this.rules.block.lheading.exec(source) ?? [];
    return raw === undefined || blockFormulaStart(raw) !== undefined ? undefined : super.lheading(source);
  }

  override html(): undefined {
    return undefined;
  }

  override tag(source: string): Tokens.Tag | undefined {
    // The one tag that tables need: a cell has no other way to break a line.
    const [raw] = /^<br ?\/?>/i.exec(source) ?? [];
    return raw === undefined ? undefined : ({ type: "br", raw } as unknown as Tokens.Tag);
  }

  #within<T>(read: () => T | undefined): T | undefined {
    if (this.#depth >= deepestBlock) return undefined;
    this.#depth += 1;
    try {
      return read();
    } finally {
      this.#depth -= 1;
    }
  }
}

class AnswerLexer extends Lexer {
  #depth = 0;

  override inlineTokens(source: string, tokens: Token[] = []): Token[] {
    if (this.#depth >= deepestInline) {
      tokens.push({ type: "text", raw: source, text: source, escaped: false });
      return tokens;
    }
    this.#depth += 1;
    try {
      for (const stretch of stretches(source)) super.inlineTokens(stretch, tokens);
    } finally {
      this.#depth -= 1;
    }
    return tokens;
  }
}

const formulas = new Marked({
  extensions: [
    { name: "formula", level: "block", start: blockFormulaStart, tokenizer: asToken(blockFormula) },
    { name: "formula", level: "inline", start: inlineFormulaStart, tokenizer: asToken(inlineFormula) },
  ],
});

/** Reads a whole text. What it defines is added to the links that were known before. */
export function read(source: string, links: Links = {}): Part[] {
  const lexer = new AnswerLexer({ ...formulas.defaults, tokenizer: new AnswerTokenizer() });
  Object.assign(lexer.tokens.links, links);
  try {
    return lexer.lex(source) as Part[];
  } catch {
    // A text that the grammar cannot take is still an answer.
    return [{ type: "paragraph", raw: source, text: source, tokens: [{ type: "text", raw: source, text: source }] }];
  }
}

/** Cut at spaces, except within the long words that pictures are made of. */
function stretches(source: string): string[] {
  const cuts: string[] = [];
  let rest = source;
  while (rest) {
    const cut = cutAt(rest);
    cuts.push(rest.slice(0, cut));
    rest = rest.slice(cut);
  }
  return cuts;
}

function cutAt(source: string): number {
  const limit = markLimit(source);
  if (source.length <= limit) return source.length;
  if (/\]\(data:image\/[a-z]+;base64,[\w+/=]*$/.test(source.slice(0, limit))) return endOfWord(source, limit);
  const space = source.slice(limit / 2, limit).search(/\s\S*$/);
  return space < 0 ? limit : Math.floor(limit / 2) + space + 1;
}

/** Nobody writes so many marks in so few letters; where somebody does, less is read at once. */
function markLimit(source: string): number {
  let marks = 0;
  for (let index = 0; index < Math.min(source.length, longest); index += 1) {
    if ("*_~`[<$".includes(source.charAt(index))) marks += 1;
    if (marks > mostMarks) return index;
  }
  return longest;
}

function endOfWord(source: string, from: number): number {
  const end = source.slice(from).search(/[\s)]/);
  return end < 0 ? source.length : from + end + 1;
}

function asToken(find: (source: string) => Formula | undefined): (source: string) => Tokens.Generic | undefined {
  return (source) => find(source) as Tokens.Generic | undefined;
}
