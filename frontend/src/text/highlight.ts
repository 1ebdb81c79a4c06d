// Grammars of the usual languages, and their many scopes as our few tones. Runs in a worker; knows no page.
import { common, createLowlight } from "lowlight";

import type { Run, Tone } from "./colours";

const lowlight = createLowlight(common);

const toneOf: Record<string, Tone> = {
  keyword: "keyword", literal: "keyword", operator: "keyword", "template-tag": "keyword", "selector-tag": "keyword",
  string: "string", regexp: "string", char: "string", link: "string", symbol: "string", quote: "string",
  number: "number", bullet: "number",
  comment: "comment", doctag: "comment", formula: "comment",
  title: "name", function: "name", section: "name", tag: "soft", name: "name", "selector-id": "name",
  type: "type", built_in: "type", class: "type", "selector-class": "type", "selector-pseudo": "type",
  attr: "attribute", attribute: "attribute", variable: "attribute", "template-variable": "attribute",
  property: "attribute", params: "soft", subst: "soft", punctuation: "soft", "selector-attr": "attribute",
  meta: "meta", addition: "added", deletion: "removed", strong: "strong", emphasis: "soft", code: "string",
};

type Root = ReturnType<typeof lowlight.highlight>;
type Content = Root["children"][number];

export function highlight(code: string, language: string): Run[] | null {
  if (!lowlight.registered(language)) return null;
  const runs: Run[] = [];
  for (const child of lowlight.highlight(language, code, { prefix: "" }).children) collect(child, null, runs);
  return runs;
}

function collect(content: Content, tone: Tone | null, runs: Run[]): void {
  if (content.type === "text") {
    const last = runs.at(-1);
    if (last && last.tone === tone) last.text += content.value;
    else runs.push({ tone, text: content.value });
  } else if (content.type === "element") {
    const [scope] = [content.properties["className"]].flat();
    const own = typeof scope === "string" ? toneOf[scope] : undefined;
    for (const child of content.children) collect(child, own ?? tone, runs);
  }
}
