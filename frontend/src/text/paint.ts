// Keeps an element showing a growing text. What is closed is never touched again. Knows no framework.
import { type Block, Blocks } from "./blocks";
import { grow } from "./growth";
import { Headings } from "./headings";
import { patch } from "./patch";
import { blockElement, type Surroundings } from "./render";
import { appendBlock, removeBlock } from "./stretches";

/** One block on the page, with the portions that continue it. */
interface View {
  element: HTMLElement;
  blocks: Block[];
  /** The level of the last heading after it. */
  level: number;
  ended: boolean;
}

export class Painter {
  #root: HTMLElement;
  #blocks = new Blocks();
  #views: View[] = [];

  constructor(root: HTMLElement) {
    this.#root = root;
  }

  paint(text: string, ended: boolean): void {
    this.#blocks.update(text, ended);
    const { closed, open } = this.#blocks;
    const groups = grouped([...closed, ...open]);
    const last = groups.length - 1;
    groups.forEach((blocks, index) => this.#show(index, blocks, ended || index < last || open.length === 0));
    for (const { element } of this.#views.splice(groups.length)) removeBlock(element);
  }

  #show(index: number, blocks: Block[], ended: boolean): void {
    const view = this.#views[index];
    if (view && view.ended === ended && isSame(view.blocks, blocks)) return;
    const headings = new Headings(this.#views[index - 1]?.level);
    const around = { headings, ended };
    const grown = view && grow(view.element, view.blocks, blocks, around);
    const element = grown ? view.element : this.#replace(view, blocks, around);
    this.#views[index] = { element, blocks, level: headings.last, ended };
  }

  #replace(view: View | undefined, blocks: Block[], around: Surroundings): HTMLElement {
    const fresh = blocks[0] && blockElement(blocks[0].part, around);
    if (!fresh) throw new Error("A block without a look was not left out");
    grow(fresh, blocks.slice(0, 1), blocks, around);
    if (view) return patch(view.element, fresh) as HTMLElement;
    appendBlock(this.#root, fresh);
    return fresh;
  }
}

function grouped(blocks: Block[]): Block[][] {
  const groups: Block[][] = [];
  for (const block of blocks) {
    if (block.continues) groups.at(-1)?.push(block);
    else if (block.part.type !== "def") groups.push([block]);
  }
  return groups;
}

function isSame(before: Block[], now: Block[]): boolean {
  return before.length === now.length && before.every((block, index) => block.part === now[index]?.part);
}
