import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { attributes, mathAttributes, mathTags, tags } from "./elements";
import { highlight } from "./highlight";
import { Painter } from "./paint";
import { hostile } from "./testing/hostile";
import { paper, type PaperElement, paperRoot } from "./testing/page";

beforeEach(() => {
  vi.stubGlobal("document", paper);
  vi.stubGlobal("requestAnimationFrame", () => 0);
});
afterEach(() => vi.unstubAllGlobals());

const allowedTags = new Set<string>([...tags.map((tag) => tag.toUpperCase()), ...mathTags]);
const allowedAttributes = new Set<string>([...attributes, ...mathAttributes]);
const addresses: Record<string, RegExp> = {
  href: /^(https?:\/\/|mailto:)/,
  src: /^data:image\/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+=*$/,
};

function faults(root: PaperElement): string[] {
  return root.all().slice(1).flatMap((node) => {
    const wrong = allowedTags.has(node.tagName) ? [] : [`<${node.tagName}>`];
    for (const [name, value] of node.attributes) {
      if (!allowedAttributes.has(name) || name.startsWith("on")) wrong.push(`${node.tagName} ${name}=${value}`);
      if (addresses[name]?.test(value) === false) wrong.push(`${node.tagName} ${name}=${value}`);
    }
    return wrong;
  });
}

async function painted(paints: (painter: Painter) => void): Promise<PaperElement> {
  const root = paperRoot();
  paints(new Painter(root as unknown as HTMLElement));
  await import("katex");
  await new Promise((done) => setTimeout(done));
  return root;
}

test("there are enough of them, each with a name of its own", () => {
  expect(hostile.length).toBeGreaterThan(180);
  expect(new Set(hostile.map(({ name }) => name)).size).toBe(hostile.length);
});

// Work that explodes would take minutes; a busy machine must not look like it.
const patience = 20_000;

test.each(hostile)("$name does no harm and does not hang", { timeout: patience }, async ({ text }) => {
  const root = await painted((painter) => painter.paint(text, true));
  expect(faults(root)).toEqual([]);
});

test.each(hostile)("$name does none while it comes in either", { timeout: patience }, async ({ text }) => {
  const pieces = Math.min(text.length, 4);
  const root = await painted((painter) => {
    for (let piece = 1; piece <= pieces; piece += 1) {
      painter.paint(text.slice(0, Math.floor((text.length * piece) / pieces)), piece === pieces);
    }
  });
  expect(faults(root)).toEqual([]);
});

test("what a grammar makes of hostile code is its letters and nothing else", () => {
  for (const { text } of hostile.filter((payload) => payload.text.length < 2000)) {
    for (const language of ["html", "js", "markdown"]) {
      expect(highlight(text, language)?.map((run) => run.text).join("")).toBe(text);
    }
  }
});
