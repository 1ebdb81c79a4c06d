import { expect, test } from "vitest";

import { compare } from "./diff";
import { generated, handwritten } from "./testing/texts";

function shown(before: string, after: string): string {
  const marks = { same: "", added: "+", removed: "-" };
  return compare(before, after)
    .runs.map(({ kind, text }) => (kind === "same" ? text : `[${marks[kind]}${text}]`))
    .join("");
}

function side(before: string, after: string, without: string): string {
  const { runs } = compare(before, after);
  return runs.filter(({ kind }) => kind !== without).map(({ text }) => text).join("");
}

test("prose is compared sentence by sentence", () => {
  const marked = shown("It is fast. It is cheap.", "It is fast. It is dear.");
  expect(marked).toBe("It is fast. [-It is cheap.][+It is dear.]");
});

test("code is compared word by word", () => {
  expect(shown("Look.\n```js\nlet a = 1;\n```\n", "Look.\n```js\nlet b = 1;\n```\n")).toBe(
    "Look.\n```js\nlet [-a][+b] = 1;\n```\n",
  );
});

test("a sentence that moved to the end is still the same sentence", () => {
  expect(compare("One. Two.", "One. Two. Three.").runs.filter((run) => run.kind === "removed")).toEqual([]);
});

test("nothing is lost on either side", () => {
  const texts = [
    "",
    "one",
    "A. B! C? “D.” (E.) e.g. 3.14 v1.2.3\n\n- item. more\n",
    "```py\nx = 1\n\n~~~\n```\nafter. it\n",
    "日本語。です。\nüber… alles",
    "no end",
    "   \n\n\t.",
    "...",
  ];
  const pairs = texts.flatMap((before) => texts.map((after) => [before, after] as const));
  const others = [...handwritten, ...generated(60)];
  others.forEach((after, index) => pairs.push([others[index - 1] ?? "", after]));
  for (const [before, after] of pairs) {
    expect(side(before, after, "added")).toBe(before);
    expect(side(before, after, "removed")).toBe(after);
  }
});

test("the share that differs counts the letters of both sides", () => {
  expect(compare("same", "same").share).toBe(0);
  expect(compare("", "").share).toBe(0);
  expect(compare("one", "two").share).toBe(1);
  expect(compare("Same here. abcd.", "Same here. efgh.").share).toBeCloseTo(10 / 32);
});

test("two long answers that share nothing are compared in larger units, and to the end", { timeout: 30_000 }, () => {
  const words = (seed: number): string =>
    Array.from({ length: 10_000 }, (_, index) => `w${(index * seed) % 9973}${index % 12 ? "" : ".\n"}`).join(" ");
  const [before, after] = [`\`\`\`\n${words(7)}\n\`\`\`\n`, `\`\`\`\n${words(11)}\n\`\`\`\n`];
  expect(side(before, after, "added")).toBe(before);
  expect(side(before, after, "removed")).toBe(after);
});

test("runs of code and of prose stay apart", () => {
  const { runs } = compare("", "text\n```\ncode\n```\ntext");
  expect(runs.map(({ code, text }) => [code, text])).toEqual([
    [false, "text\n"],
    [true, "```\ncode\n```\n"],
    [false, "text"],
  ]);
});
