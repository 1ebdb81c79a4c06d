import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Painter } from "./paint";
import { paper, type PaperElement, paperRoot } from "./testing/page";

beforeEach(() => vi.stubGlobal("document", paper));
afterEach(() => vi.unstubAllGlobals());

function page(text: string): PaperElement {
  const root = paperRoot();
  new Painter(root as unknown as HTMLElement).paint(text, true);
  return root;
}

test("links open outside and tell nobody where they were found", () => {
  const link = page("[the **docs**](https://example.com/a?b=c&amp;d)").querySelector("a");
  expect(Object.fromEntries(link?.attributes ?? [])).toEqual({
    href: "https://example.com/a?b=c&d",
    target: "_blank",
    rel: "noopener noreferrer nofollow",
  });
  expect(link?.textContent).toBe("the docs");
});

test.each(["https://example.com", "www.example.com", "<mailto:a@example.com>", "a@example.com"])(
  "%s is a link by itself",
  (text) => {
    expect(page(text).querySelector("a")?.getAttribute("href")).toMatch(/^(https?|mailto):/);
  },
);

test.each([
  "[a](javascript:alert(1))",
  "[a](JaVa&#115;cript&colon;alert(1))",
  "[a](/admin)",
  "[a](//example.com)",
  "[a](#top)",
  "[a](data:text/html,hello)",
  "[a](file:///etc/passwd)",
  "<ftp://example.com>",
])("%s stays as it was written", (text) => {
  const root = page(text);
  expect(root.querySelector("a")).toBeNull();
  expect(root.textContent).toBe(text);
});

test("a picture from elsewhere is a link that says what it does", () => {
  const root = page("![A chart](https://pictures.example.com/chart.png)");
  expect(root.querySelector("img")).toBeNull();
  expect(root.querySelector("a")?.textContent).toBe(
    "“A chart”: show image from pictures.example.com in a new tab",
  );
});

test("a picture within the text is shown, unless it can hold a script", () => {
  expect(page("![dot](data:image/png;base64,AAAA)").querySelector("img")?.getAttribute("alt")).toBe("dot");
  expect(page("![dot](data:image/svg+xml;base64,AAAA)").querySelector("img")).toBeNull();
});

test("tables can be scrolled by keyboard and have a name", () => {
  const box = page("| Model | Price |\n|---|--:|\n| a | 1 |").querySelector("table")?.parentElement as PaperElement;
  expect(Object.fromEntries(box.attributes)).toMatchObject({
    tabindex: "0",
    role: "group",
    "aria-label": "Table: Model, Price",
  });
  expect(box.all().map((node) => node.tagName).join(" ")).toBe("DIV TABLE THEAD TBODY TR TR TH TH TD TD");
});

test("tasks say whether they are done", () => {
  const boxes = page("- [x] one\n- [ ] two").all().filter((node) => node.getAttribute("role") === "img");
  expect(boxes.map((box) => box.getAttribute("aria-label"))).toEqual(["Done:", "To do:"]);
});

test("character references are letters, in code they are not", () => {
  const root = page("a &amp; b &lt;c&gt; &#x41; &copy; &unknown; `&amp;`");
  expect(root.textContent).toBe("a & b <c> A © &unknown; &amp;");
});

test("numbering goes on from where it began", () => {
  expect(page("3. a\n4. b").querySelector("ol")?.getAttribute("start")).toBe("3");
  expect(page("1. a").querySelector("ol")?.getAttribute("start")).toBeNull();
});

test("a formula is typeset when the typesetter is there, a wrong one stays as written", async () => {
  const root = page("It is $x^2$ and $\\frac{$.\n\n$$\n\\sum_{k} k\n$$\n\n$\\wrong{x}$");
  await vi.waitFor(() => expect(root.querySelector("math")).not.toBeNull(), 5000);
  const math = root.all().filter((node) => node.tagName === "math");
  expect(math.map((node) => node.getAttribute("display"))).toEqual([null, "block"]);
  expect(root.textContent).toContain("$\\wrong{x}$");
});
