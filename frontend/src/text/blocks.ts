// A growing text as a growing list of blocks. What is closed is never read again. Knows no page.
import { type Links, type Part, read } from "./grammar";
import { addDefinitions, mentions } from "./definitions";
import { lastOpen, splitPortion, withPlainText } from "./portions";
import { showable } from "./unfinished";

export interface Block {
  readonly part: Part;
  /** Its items, rows or lines belong to the block before: long lists, tables and code come in portions. */
  readonly continues: boolean;
  /** How many link definitions were known when it was read. */
  readonly linksKnown: number;
}

export interface Sizes {
  /** A tail up to this size is read in every frame; beyond it, only when it has grown by an eighth. */
  small: number;
  /** Shorter portions are not worth a block of their own. */
  portion: number;
}

const usual: Sizes = { small: 4000, portion: 1000 };
const growth = 1.125;

export class Blocks {
  closed: Block[] = [];
  open: Block[] = [];
  /** How many characters the grammar has been given in all: the work that was done. */
  charactersRead = 0;

  #sizes: Sizes;
  #text = "";
  #from = 0; // where the first open block begins
  #opening = ""; // the lines before it that the grammar needs again: a table's head, a fence
  #continues = false;
  #links: Links = {};
  #decidedUpTo = 0;
  #decidedSize = 0;
  #looked: { size: number; parts: Part[] } | null = null;

  constructor(sizes = usual) {
    this.#sizes = sizes;
  }

  /** Takes the whole text as it is now. When it did not grow out of the last one, all is read anew. */
  update(text: string, ended: boolean): void {
    const now = withoutReturns(text, ended);
    if (!now.startsWith(this.#text)) this.#reset();
    this.#text = now;
    this.#close();
    this.#look(ended);
    if (ended) this.#resolveLinks();
  }

  #reset(): void {
    this.closed = [];
    this.#from = this.#decidedUpTo = this.#decidedSize = 0;
    this.#opening = "";
    this.#continues = false;
    this.#links = {};
    this.#looked = null;
  }

  /** Only whole lines decide, as the next letter can turn a line into something else. */
  #close(): void {
    const end = this.#text.lastIndexOf("\n") + 1;
    if (end <= this.#decidedUpTo) return;
    const lines = this.#text.slice(this.#from, end);
    if (lines.length > this.#sizes.small && lines.length < this.#decidedSize * growth) return;
    this.#decidedUpTo = end;
    this.#decidedSize = lines.length;
    const parts = this.#read(this.#opening + lines);
    const last = lastOpen(parts);
    for (const part of parts.slice(0, last)) this.#push(part, part.raw.length, "", false);
    const open = parts[last];
    const cut = open && splitPortion(open);
    if (cut && cut.part.raw.length - this.#opening.length > this.#sizes.portion) {
      this.#push(cut.part, cut.part.raw.length, cut.opening, true);
    }
  }

  #push(part: Part, length: number, opening: string, goesOn: boolean): void {
    if (part.type !== "space") {
      addDefinitions(this.#links, [part]);
      this.closed.push(this.#block(part, this.#continues));
      this.#continues = goesOn;
    }
    this.#from += length - this.#opening.length;
    this.#opening = opening;
    this.#decidedSize = 0;
    this.#looked = null;
  }

  #look(ended: boolean): void {
    const tail = this.#opening + this.#text.slice(this.#from);
    const looked = this.#looked;
    if (!ended && looked && looked.size > this.#sizes.small && tail.length < looked.size * growth) {
      const parts = withPlainText(looked.parts, tail.slice(looked.size));
      this.open = this.#openBlocks(parts);
      return;
    }
    const parts = this.#read(ended ? tail : showable(tail));
    this.#looked = { size: tail.length, parts };
    this.open = this.#openBlocks(parts);
  }

  #openBlocks(parts: Part[]): Block[] {
    const shown = parts.filter((part) => part.type !== "space");
    return shown.map((part, index) => this.#block(part, index === 0 && this.#continues));
  }

  /** A link may be defined after its use. Those blocks, and only those, are read once more, at the end. */
  #resolveLinks(): void {
    const links = { ...this.#links };
    addDefinitions(links, this.open.map((block) => block.part));
    const known = Object.keys(links).length;
    this.closed = this.closed.map((block) => {
      if (block.linksKnown >= known || !mentions(block.part.raw, links)) return block;
      const [part = block.part] = this.#read(block.part.raw, links);
      return { ...block, part, linksKnown: known };
    });
  }

  #block(part: Part, continues: boolean): Block {
    return { part, continues, linksKnown: Object.keys(this.#links).length };
  }

  #read(source: string, links = this.#links): Part[] {
    this.charactersRead += source.length;
    return source ? read(source, links) : [];
  }
}

function withoutReturns(text: string, ended: boolean): string {
  if (!text.includes("\r")) return text;
  // The line feed that belongs to a last return may still be on its way.
  const whole = !ended && text.endsWith("\r") ? text.slice(0, -1) : text;
  return whole.replace(/\r\n?/g, "\n");
}
