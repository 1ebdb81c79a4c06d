import { expect, test } from "vitest";

import { type Part, read } from "./grammar";

function kinds(parts: Part[]): string[] {
  return parts.map((part) => part.type).filter((type) => type !== "space");
}

function inline(source: string): string[] {
  const [first] = read(source);
  return first && "tokens" in first && first.tokens ? first.tokens.map((token) => `${token.type} ${token.raw}`) : [];
}

test("HTML is text, with markdown in it alive", () => {
  expect(kinds(read("<div onclick=x>\n**bold**\n</div>"))).toEqual(["paragraph"]);
  expect(inline("<b>**bold**</b>")).toEqual(["text <b>", "strong **bold**", "text </b>"]);
});

test("a broken line in a cell is the one tag that is taken", () => {
  expect(inline("a<br/>b <br> c")).toEqual(["text a", "br <br/>", "text b ", "br <br>", "text  c"]);
});

test.each([
  ["so $x^2$ it is", "$x^2$"],
  ["so $n$ it is", "$n$"],
  ["with \\(a + b\\) too", "\\(a + b\\)"],
  ["shown $$a$$ here", "$$a$$"],
  ["and \\[c\\] there", "\\[c\\]"],
  ["even $5 = 2 + 3$.", "$5 = 2 + 3$"],
  ["braces $\\{1\\}$", "$\\{1\\}$"],
])("%s holds a formula", (source, raw) => {
  expect(inline(source)).toContain(`formula ${raw}`);
});

test.each([
  "It costs $5 and $10.",
  "Between $5-$10, or US$7.",
  "From $0.15/M to $0.60/M",
  "A $20 (US$)",
  "$5k or $7k",
  "a $ b $ c",
  "escaped \\$x\\$ signs",
  "`$x$`",
  "only one $x",
  "lines $a\nb$",
])("%s holds none", (source) => {
  expect(inline(source).filter((part) => part.startsWith("formula"))).toEqual([]);
});

test("a formula in lines of its own is a block, also right under a paragraph", () => {
  expect(kinds(read("So:\n$$\nx = 1\n$$\nand on"))).toEqual(["paragraph", "formula", "paragraph"]);
  expect(kinds(read("\\[\nx\n\\]\n\nnext"))).toEqual(["formula", "paragraph"]);
});

test("a formula without an end is shown as written", () => {
  expect(read("$$\nx = 1")[0]).toMatchObject({ type: "formula", whole: false });
  expect(kinds(read("$$\nx = 1\n\nnext"))).toEqual(["formula", "paragraph"]);
});

test("no depth of nesting breaks it", () => {
  for (const source of [">".repeat(10_000), "- ".repeat(10_000), "[".repeat(10_000), "*a ".repeat(10_000)]) {
    expect(read(source).map((part) => part.raw).join("")).toHaveLength(source.length);
  }
});

test("a long paragraph keeps every letter and a picture in it stays whole", () => {
  const picture = `![dot](data:image/png;base64,${"A".repeat(20_000)})`;
  const source = `${"word ".repeat(3000)}${picture}${" word".repeat(3000)}`;
  const [paragraph] = read(source);
  const tokens = paragraph && "tokens" in paragraph ? (paragraph.tokens ?? []) : [];
  expect(tokens.map((token) => token.raw).join("")).toBe(source);
  expect(tokens.filter((token) => token.type === "image")).toHaveLength(1);
});
