// A formula on the page. The typesetter comes when the first one does; until then, and on errors, its source stands.
import type { MathBranch } from "katex";

import { type Child, element, mathElement } from "./elements";
import type { Formula } from "./formulas";

const longest = 4000;
const deepest = 200;

// Bounds for what a formula may unfold to, and no command that leads out of it.
const options = { output: "mathml", trust: false, strict: "ignore", maxExpand: 300, maxSize: 20 } as const;

const sources = new WeakMap<Node, string>();

export function formulaElement({ tex, raw, display, whole }: Formula): HTMLElement {
  const host = element("span", { class: display ? "formula display" : "formula" }, whole ? raw.trim() : tex);
  if (display) host.setAttribute("tabindex", "0");
  if (display) host.setAttribute("role", "group");
  if (display) host.setAttribute("aria-label", "Formula");
  sources.set(host, `${whole} ${raw.trim()}`);
  if (whole && tex.length <= longest) void typeset(host, tex, display);
  return host;
}

/** Undefined for anything but a formula. */
export function formulaSource(node: Node): string | undefined {
  return sources.get(node);
}

async function typeset(host: HTMLElement, tex: string, display: boolean): Promise<void> {
  const { __renderToDomTree } = await import("katex");
  if (!host.isConnected) return;
  try {
    host.replaceChildren(...branches(__renderToDomTree(tex, { ...options, displayMode: display }), 0));
  } catch {
    host.classList.add("wrong");
  }
}

export function branches(branch: MathBranch, depth: number): Child[] {
  if (depth > deepest) throw new RangeError("A formula nests too deep");
  if (branch.text !== undefined) return [branch.text];
  if (branch.character) return [mathElement("mtext", {}, [branch.character])];
  if (branch.width !== undefined && !branch.type) return [mathElement("mspace", { width: `${branch.width}em` }, [])];
  const children = joined((branch.children ?? []).flatMap((child) => branches(child, depth + 1)));
  return branch.type ? [mathElement(branch.type, branch.attributes ?? {}, children)] : children;
}

/** Letters that stand together are one text: screen readers would spell them otherwise. */
function joined(children: Child[]): Child[] {
  const whole: Child[] = [];
  for (const child of children) {
    const last = whole.at(-1);
    if (typeof child === "string" && typeof last === "string") whole[whole.length - 1] = last + child;
    else whole.push(child);
  }
  return whole;
}
