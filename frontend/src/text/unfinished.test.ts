import { expect, test } from "vitest";

import { mended, showable } from "./unfinished";

test.each([
  ["it is **bold", "it is **bold**"],
  ["it is **bold ", "it is **bold**"],
  ["it is **", "it is "],
  ["it is **bold**", "it is **bold**"],
  ["an *aside", "an *aside*"],
  ["an *aside* and", "an *aside* and"],
  ["gone ~~away", "gone ~~away~~"],
  ["call `read(", "call `read(`"],
  ["call `", "call "],
  ["call ``a`b", "call ``a`b``"],
  ["call `**` and", "call `**` and"],
  ["**see `x", "**see `x`**"],
  ["see [the docs](https://exam", "see the docs"],
  ["see **[the docs](https://exam", "see **the docs**"],
  ["see ![a dot](data:image/png;base64,AAA", "see "],
  ["see [the docs](https://example.com) now", "see [the docs](https://example.com) now"],
  ["2 * 3 * 4", "2 * 3 * 4"],
  ["snake_case_name", "snake_case_name"],
])("%j is shown as %j", (line, shown) => {
  expect(mended(line)).toBe(shown);
});

test.each(["-", "---", "===", "##", "| --", "``", "12.", "$$", "> "])(
  "a line of %j is kept back, as nobody knows yet what it is",
  (line) => {
    expect(showable(`text\n${line}`)).toBe("text\n");
  },
);

test("code is shown as it comes, except for what may be its end", () => {
  expect(showable("```js\nlet a = `**x")).toBe("```js\nlet a = `**x");
  expect(showable("```js\nlet a\n``")).toBe("```js\nlet a\n");
  expect(showable("```js\nlet a\n```\n**x")).toBe("```js\nlet a\n```\n**x**");
});
