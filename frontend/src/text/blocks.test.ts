import { describe, expect, test } from "vitest";

import { Blocks, type Sizes } from "./blocks";
import { read } from "./grammar";
import { merged, outline } from "./testing/outline";
import { generated, handwritten } from "./testing/texts";

function readInPieces(text: string, cuts: number[], sizes?: Sizes): Blocks {
  const blocks = new Blocks(sizes);
  for (const cut of cuts) blocks.update(text.slice(0, cut), false);
  blocks.update(text, true);
  return blocks;
}

function everyNth(text: string, step: number): number[] {
  return Array.from({ length: Math.floor(text.length / step) }, (_, index) => (index + 1) * step);
}

// Thorough tests on a busy machine take longer than the usual five seconds.
const patience = 30_000;

describe("however a text is cut, its blocks are those of the whole", () => {
  const texts = [...handwritten, ...generated(80)];
  const tiny = { small: 20, portion: 0 };
  test.each([
    [1, undefined],
    [7, undefined],
    [40, undefined],
    [1, tiny],
    [3, tiny],
    [13, tiny],
  ])("in pieces of %d, with limits %j", { timeout: patience }, (step, sizes) => {
    for (const text of texts) {
      const blocks = readInPieces(text, everyNth(text, step), sizes);
      const whole = outline(read(text.replace(/\r\n?/g, "\n")));
      expect(outline(merged([...blocks.closed, ...blocks.open])), JSON.stringify(text)).toEqual(whole);
    }
  });
});

test("closed blocks stay the same objects while the text grows", () => {
  const text = "# One\n\nTwo\n\n- three\n- four\n\n```js\nfive\n```\n\nsix\n";
  const blocks = new Blocks();
  let before = blocks.closed;
  for (const cut of everyNth(text, 1)) {
    blocks.update(text.slice(0, cut), false);
    expect(before.every((block, index) => blocks.closed[index] === block)).toBe(true);
    before = [...blocks.closed];
  }
  expect(before.map((block) => block.part.type)).toEqual(["heading", "paragraph", "list", "code"]);
});

test("a text that is replaced is read anew", () => {
  const blocks = new Blocks();
  blocks.update("one\n\ntwo\n\nthree", false);
  blocks.update("four\n\nfive", true);
  expect([...blocks.closed, ...blocks.open].map((block) => block.part.raw.trim())).toEqual(["four", "five"]);
});

test("a link that is defined later is found when the text has ended", () => {
  const blocks = readInPieces("See [docs].\n\nPlain.\n\n[docs]: https://example.com\n", [10, 25]);
  const [first, second] = blocks.closed;
  expect(JSON.stringify(first?.part)).toContain("https://example.com");
  expect(second?.linksKnown).toBe(0);
});

const endless = {
  paragraph: "words without an end and **some bold** ones, ".repeat(900),
  code: `\`\`\`js\n${"const line = 1; // of very many\n".repeat(1300)}`,
  table: `| a | b |\n|---|---|\n${"| one cell | another cell |\n".repeat(1500)}`,
  list: "- an item with **bold** words\n  and a second line\n".repeat(800),
  "loose list": "1. an item\n\n   with two paragraphs\n\n".repeat(1000),
  quote: "> said again and again\n".repeat(1700),
  item: `- one item\n${"  that goes on and on in one paragraph\n".repeat(1000)}`,
  line: "x".repeat(40_000),
  formula: `$$\n${"a + b = c \\\\\n".repeat(3000)}`,
  "indented code": "    code of the old kind\n".repeat(1600),
  "many blocks": "## A heading\n\nA paragraph of a few words.\n\n".repeat(900),
};

function work(text: string): number {
  const blocks = new Blocks();
  for (const cut of everyNth(text, 100)) blocks.update(text.slice(0, cut), false);
  return blocks.charactersRead;
}

test.each(Object.entries(endless))("twice as long an endless %s is twice the work, not four times", (_kind, text) => {
  expect(text.length).toBeGreaterThan(30_000);
  expect(work(text) / work(text.slice(0, text.length / 2))).toBeLessThan(2.5);
}, patience);

test("long code, tables and lists come in portions, each of them read once", { timeout: patience }, () => {
  for (const text of [endless.code, endless.table, endless.list, endless["loose list"]]) {
    const blocks = new Blocks();
    for (const cut of everyNth(text, 100)) blocks.update(text.slice(0, cut), false);
    expect(blocks.closed.length).toBeGreaterThan(20);
    expect(blocks.closed.slice(1).every((block) => block.continues)).toBe(true);
    expect(blocks.charactersRead).toBeLessThan(text.length * 40);
  }
});
