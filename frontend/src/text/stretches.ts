// Blocks stand in stretches: a browser leaves out of its work those that are full and far from what is seen, so that a
// frame of a very long answer takes no longer than one of a short answer.
import { element } from "./elements";

export const blocksInStretch = 12;

/** A heading is never the last of a stretch that others follow: what stands below it keeps its distance. */
export function appendBlock(root: Element, block: HTMLElement): void {
  const last = root.lastElementChild;
  if (last && (last.childElementCount < blocksInStretch || isHeading(last.lastElementChild))) last.append(block);
  else {
    root.append(element("div", { class: "stretch" }, block));
    // Only what was laid out once may be left out: its height is known then, and nothing jumps when one scrolls there.
    if (last) requestAnimationFrame(() => requestAnimationFrame(() => last.classList.add("full")));
  }
}

export function removeBlock(block: HTMLElement): void {
  const stretch = block.parentElement;
  block.remove();
  if (stretch?.childElementCount === 0) stretch.remove();
}

function isHeading(block: Element | null): boolean {
  return block !== null && /^H\d$/.test(block.tagName);
}
