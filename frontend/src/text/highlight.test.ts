import { expect, test } from "vitest";

import { tones } from "./colours";
import { highlight } from "./highlight";

const samples: Record<string, string> = {
  python: "@cache\ndef f(x: int) -> str:\n    return f'{x}' # why",
  javascript: "const a = `b${c}`; // d",
  typescript: "interface A { b?: string }",
  json: '{"a": [1, true, null]}',
  bash: 'echo "$HOME" | grep -v x',
  sql: "SELECT count(*) FROM runs WHERE cost > 0.5;",
  html: '<p class="a">b</p>',
  css: "a:hover { color: #fff; }",
  rust: "fn main() -> Result<(), Box<dyn Error>> { Ok(()) }",
  go: "func main() { fmt.Println(1) }",
  java: "public class A { int b = 1; }",
  c: "#include <stdio.h>\nint main(void) { return 0; }",
  cpp: "template <class T> T max(T a, T b);",
  csharp: "var a = await b.C();",
  yaml: "a: 1\nb:\n  - c",
  toml: "[a]\nb = 1",
  markdown: "# a\n\n*b*",
  diff: "- a\n+ b",
  kotlin: "fun main() = println(1)",
  swift: "let a: Int = 1",
  php: "<?php echo 1;",
  ruby: "def a; puts :b; end",
};

test.each(Object.entries(samples))("%s has colours and keeps every letter", (language, code) => {
  const runs = highlight(code, language) ?? [];
  expect(runs.map((run) => run.text).join("")).toBe(code);
  expect(runs.some((run) => run.tone !== null)).toBe(true);
  for (const { tone } of runs) expect(tone === null || tones.includes(tone)).toBe(true);
});

test("a language nobody knows has none", () => {
  expect(highlight("x", "klingon")).toBeNull();
  expect(highlight("x", "__proto__")).toBeNull();
});
