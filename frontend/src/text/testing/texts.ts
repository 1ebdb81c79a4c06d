// Markdown to read in pieces: written by hand where a border is known, put together at random where none is. For tests.

export const handwritten: readonly string[] = [
  "",
  "one line",
  "para\n\npara two\nwith a second line\n\n\n\nthird",
  "# Title\ntext right under it\n## Second\n\n### Third ###\n",
  "Setext\n===\n\nSecond\nof two lines\n---\n\ntext\n---x\n",
  "- a\n- b\n\n- c\n\n  more of c\n\n\n- d\n\ntext\n- e",
  "1. one\n2. two\n   - nested\n     - deeper\n\n     text\n3) other list\n",
  "- [ ] open\n- [x] done\n- plain\n",
  "* a\n* b\n- c\n+ d\n",
  "text\n- interrupts\n2. does not\n",
  "```js\nlet a = 1;\n\n\nlet b;\n```\nafter\n",
  "````md\n```js\ninner\n```\n````\n\n~~~\ntilde\n```\n~~~\n",
  "```\nnever closed\n\n# not a heading\n",
  "  ```py\n  indented fence\n    more\n  ```\n",
  "- item\n  ```js\n  in a list\n\n  still\n  ```\n- next\n",
  "    indented code\n\n    goes on\n\ntext\n    lazy, no code\n",
  "> quote\n> more\nlazy\n\n> other\n> > nested\n> - list\n>   in it\n",
  "| a | b |\n|---|:-:|\n| 1 | 2 |\n| 3 |\nlast row\n\ntext",
  "text\n| a | b |\n|---|---|\n| 1 | 2 |\n> quote",
  "a | b\n- | -\n1 | 2\n",
  "[ref]: /one\n\n[ref] and [Other Ref][] and ![x][ref]\n\n[other\nref]: <two>\n'a title'\n",
  "[late]\n\n- [late] in a list\n\n| [late] |\n|---|\n| [late] |\n\n[late]: /url\n[late]: /second\n",
  "[a]: /url\n\"title\nthat goes on\"\n\n[b]: /url\n\"no title\n\ntext [a] [b]\n",
  "***\n---\n___\n* * *\n\ntext\n***\ntext\n***b**\n",
  "<div>\n**bold**\n\n</div>\n<!-- comment\n\nstill -->\n<script>\n\nalert(1)\n</script>\n",
  "text\n<div>\nmore\n",
  "line with two spaces  \nbreak\\\nother\n",
  "**bold\nover lines** and `code\nover lines` and [link\ntext](/url\n\"title\")\n",
  "so\n$$\na\n$$\nend\n\n\\[\nb\n\\]\n\n$$\nnever\n\nended\n",
  "$$ a $$ trailing\n\ntext $$x$$ text\n$$ y $$\n",
  "$$ a\n# heading\n$$ b\n\n$5 and $10\n",
  "windows\r\nlines\r\n\r\n- a\r\n- b\r\rold mac\r",
  "- \n- a\n-\n\n  b\n- - nested\n  - again\n1.\n2.\n",
  "- a\n - b\n  - c\n   - d\n    - e\n",
  "-\n\n  a\n\n-   b\n\n\tc\n",
  "#\n##\n# a #\n####### seven\n#none\n",
  "\n\n   \n\t\nleading blanks\n   \n",
  "😀 emoji\n\n- 👩‍👩‍👧 **ü**\n\nعربي\n",
];

const fragments = [
  "text", "more words here", "**bold", "bold**", "`code`", "# h", "## h2", "===", "---", "- ", "- a", "- b", "  - n",
  "* c", "1. one", "2. two", "> q", "> - q", ">", "```", "```js", "~~~", "    code", "\tcode", "| a | b |",
  "|---|---|", "| 1 | 2 |", "a | b", "[x]: /u", "[x]", "[x][]", "'t'", "\"t", "<div>", "</div>", "<!--", "-->", "***",
  "$$", "\\[", "\\]", "$x$", "", "", "", "  more", "   three", "- [ ] t", "- [x] t", "1)", "-", "+", "\\", "![i](/u)",
  "<br>", "https://a.example", "_em_", "~~x~~",
];

/** As many texts of random lines; the same ones in every run. */
export function generated(count: number): string[] {
  let seed = 7;
  const below = (limit: number): number => {
    seed = (seed * 48_271) % 2_147_483_647;
    return seed % limit;
  };
  return Array.from({ length: count }, () => {
    const lines = Array.from({ length: 2 + below(14) }, () => fragments[below(fragments.length)] ?? "");
    return lines.join("\n") + (below(2) ? "\n" : "");
  });
}
