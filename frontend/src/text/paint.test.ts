import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Painter } from "./paint";
import { blocksInStretch } from "./stretches";
import { paper, type PaperElement, paperRoot } from "./testing/page";
import { generated, handwritten } from "./testing/texts";

let frames: (() => void)[] = [];

beforeEach(() => {
  frames = [];
  vi.stubGlobal("document", paper);
  vi.stubGlobal("requestAnimationFrame", (act: () => void) => frames.push(act));
});
afterEach(() => vi.unstubAllGlobals());

function start(): { root: PaperElement; painter: Painter } {
  const root = paperRoot();
  return { root, painter: new Painter(root as unknown as HTMLElement) };
}

/** The page as one line of text per node, formulas aside: those are drawn later. */
function picture(root: PaperElement): unknown {
  const children = root.childNodes.map((child) => ("data" in child ? child.data : picture(child)));
  return [root.tagName, Object.fromEntries(root.attributes), ...joined(children)];
}

/** Code is split where it happened to be when it came; its letters are what counts. */
function joined(children: unknown[]): unknown[] {
  const isLines = (child: unknown): child is [string, { class: string }, string] =>
    Array.isArray(child) && (child[1] as { class?: string }).class === "lines";
  return children.length > 0 && children.every(isLines) ? [children.map((child) => child[2]).join("")] : children;
}

/** One after another, whatever stretches they stand in. */
function blocksIn(root: PaperElement): PaperElement[] {
  return root.childNodes.flatMap((stretch) => (stretch as PaperElement).childNodes as PaperElement[]);
}

function drawn(text: string, step: number): unknown {
  const { root, painter } = start();
  for (let end = step; end < text.length; end += step) painter.paint(text.slice(0, end), false);
  painter.paint(text, true);
  return blocksIn(root).map(picture);
}

// Thorough tests on a busy machine take longer than the usual five seconds.
const patience = 30_000;

test("however a text comes, the page ends up the same", { timeout: patience }, () => {
  for (const text of [...handwritten, ...generated(40)]) {
    const whole = drawn(text, text.length + 1);
    for (const step of [1, 11]) expect(drawn(text, step), JSON.stringify(text)).toEqual(whole);
  }
});

test("the same holds for long tables, lists and code", { timeout: patience }, () => {
  const rows = `| a | b |\n|--:|---|\n${"| 1 | two and more words in a cell |\n".repeat(40)}`;
  const items = "- an item of a long list\n\n  with **two** paragraphs\n".repeat(60);
  const code = `\`\`\`js\n${"let a = 1; // one of many lines\n".repeat(200)}\`\`\`\n`;
  for (const text of [rows, items, code, `${code}\n${rows}\n${items}`]) {
    expect(drawn(text, 61), text.slice(0, 20)).toEqual(drawn(text, text.length + 1));
  }
});

test("closed blocks keep their nodes while the text grows", () => {
  const { root, painter } = start();
  const text = "# One\n\nTwo **words**\n\n- three\n- four\n\n```js\nfive\n```\n\nsix and more\n\nseven";
  const seen: PaperElement[][] = [];
  for (let end = 1; end <= text.length; end += 1) {
    painter.paint(text.slice(0, end), false);
    seen.push(blocksIn(root));
  }
  const last = seen.at(-1) ?? [];
  for (const nodes of seen) nodes.slice(0, -1).forEach((node, index) => expect(node).toBe(last[index]));
  expect(last.map((node) => node.tagName)).toEqual(["H3", "P", "UL", "FIGURE", "P", "P"]);
});

test("within the block that grows, words that stay keep their nodes", () => {
  const { root, painter } = start();
  painter.paint("- **one** and\n- two", false);
  const before = root.all();
  painter.paint("- **one** and\n- two and three\n- four", false);
  const after = root.all();
  expect(before.every((node) => after.includes(node))).toBe(true);
  expect(root.textContent).toBe("one andtwo and threefour");
});

test("items of a long list stay what they are when the list turns loose", () => {
  const { root, painter } = start();
  const items = "- an item\n".repeat(300);
  painter.paint(items, false);
  const list = blocksIn(root)[0] as PaperElement;
  const first = list.childNodes[0];
  expect(list.getAttribute("class")).toBe("tight");
  painter.paint(`${items}\n- after a blank line\n`, false);
  expect(blocksIn(root)[0]).toBe(list);
  expect(list.childNodes[0]).toBe(first);
  expect(list.childNodes).toHaveLength(301);
  expect(list.getAttribute("class")).toBe("loose");
});

test("long code is added to, not written again", () => {
  const { root, painter } = start();
  const text = `\`\`\`js\n${"const line = 1;\n\n".repeat(500)}\`\`\`\n`;
  let before: unknown[] = [];
  for (let end = 20; end < text.length; end += 21) {
    painter.paint(text.slice(0, end), false);
    const chunks = root.querySelector("code")?.childNodes ?? [];
    before.forEach((chunk, index) => expect(chunks[index]).toBe(chunk));
    before = [...chunks];
  }
  expect(before.length).toBeGreaterThan(7);
  painter.paint(text, true);
  expect(root.querySelector("code")?.textContent).toBe("const line = 1;\n\n".repeat(500));
});

test("a very long paragraph is added to, not made again", () => {
  const { root, painter } = start();
  const text = "so many words &amp; **some bold** ones, ".repeat(300);
  let kept = 0;
  let before: unknown[] = [];
  for (let end = 8000; end < text.length; end += 30) {
    painter.paint(text.slice(0, end), false);
    const nodes = root.querySelector("p")?.childNodes ?? [];
    if (before.slice(0, -1).every((node, index) => nodes[index] === node)) kept += 1;
    before = [...nodes];
  }
  expect(kept).toBeGreaterThan(100);
  painter.paint(text, true);
  expect(root.textContent).toBe(text.replaceAll("**", "").replaceAll("&amp;", "&"));
});

test("headings start below those of the page and skip no level", () => {
  const { root, painter } = start();
  painter.paint("# a\n\n### b\n\n# c\n\n###### d\n\n###### e\n\n## f\n", true);
  expect(blocksIn(root).map(({ tagName }) => tagName)).toEqual(["H3", "H4", "H3", "H4", "H5", "H4"]);
});

test("another text in its place leaves nothing of the first", () => {
  const { root, painter } = start();
  painter.paint("3. a\n4. b\n\n```js\nx\n```\n\ntext", true);
  painter.paint("1. c\n\n```py\ny\n```\n", true);
  expect(blocksIn(root).map(picture)).toEqual(drawn("1. c\n\n```py\ny\n```\n", 100));
  painter.paint("", true);
  expect(root.childNodes).toEqual([]);
});

test("a long answer stands in stretches, and what follows a heading stands beside it", () => {
  const { root, painter } = start();
  const blocks = Array.from({ length: 200 }, (_, index) => (index % 24 === 23 ? "## a heading" : "a paragraph"));
  let text = "";
  const seen: PaperElement[] = [];
  for (const block of blocks) {
    painter.paint((text += `${block}\n\n`), false);
    const stretches = root.childNodes as PaperElement[];
    seen.forEach((stretch, index) => expect(stretches[index]).toBe(stretch));
    seen.splice(0, Infinity, ...stretches);
  }
  expect(blocksIn(root).map(({ textContent }) => textContent)).toEqual(blocks.map((block) => block.replace("## ", "")));
  const sizes = seen.map(({ childNodes }) => childNodes.length);
  expect(sizes.slice(0, -1).every((size) => size === blocksInStretch || size === blocksInStretch + 1)).toBe(true);
  for (const stretch of seen) expect((stretch.lastElementChild as PaperElement).tagName).toBe("P");
  const looks = (): (string | null)[] => seen.map((stretch) => stretch.getAttribute("class"));
  expect(new Set(looks())).toEqual(new Set(["stretch"]));
  for (const act of frames.splice(0)) act();
  expect(new Set(looks())).toEqual(new Set(["stretch"])); // laid out, but not before the end of this frame
  for (const act of frames.splice(0)) act();
  expect(looks().slice(0, -1).every((look) => look === "stretch full")).toBe(true);
  expect(looks().at(-1)).toBe("stretch");
  painter.paint("one", true);
  expect(root.childNodes).toHaveLength(1);
});
