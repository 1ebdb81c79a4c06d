// Makes nodes on the page like fresh ones, with as little touched as can be: selection, focus and colours stay.
import { cardOf } from "./code";
import { formulaSource } from "./typeset";

const textNode = 3;

/** The node that stands in the place of the old one afterwards. */
export function patch(old: ChildNode, fresh: ChildNode): ChildNode {
  if (isAlike(old, fresh)) return old;
  if (old.nodeType === textNode && fresh.nodeType === textNode) {
    if (old.textContent !== fresh.textContent) old.textContent = fresh.textContent;
    return old;
  }
  if (isSpecial(old) || isSpecial(fresh) || !haveSameShell(old, fresh)) {
    old.replaceWith(fresh);
    return fresh;
  }
  patchChildren(old as Element, 0, [...fresh.childNodes]);
  return old;
}

/** The children from an index on become the fresh ones. */
export function patchChildren(parent: Element, from: number, fresh: ChildNode[]): void {
  const old = [...parent.childNodes].slice(from);
  fresh.forEach((node, index) => {
    const before = old[index];
    if (before) patch(before, node);
    else parent.append(node);
  });
  for (const surplus of old.slice(fresh.length)) surplus.remove();
}

/** Formulas and code draw themselves; they are compared by what they were made of. */
function isAlike(old: Node, fresh: Node): boolean {
  const source = formulaSource(old);
  if (source !== undefined) return source === formulaSource(fresh);
  const card = cardOf(old);
  const next = cardOf(fresh);
  if (!card || card.language !== next?.language) return false;
  card.show(next.text, next.ended);
  return true;
}

function isSpecial(node: Node): boolean {
  return formulaSource(node) !== undefined || cardOf(node) !== undefined;
}

function haveSameShell(old: Node, fresh: Node): boolean {
  const [one, other] = [old as Element, fresh as Element];
  if (one.nodeType !== other.nodeType || one.tagName !== other.tagName) return false;
  const names = other.getAttributeNames();
  return (
    one.getAttributeNames().length === names.length &&
    names.every((name) => one.getAttribute(name) === other.getAttribute(name))
  );
}
