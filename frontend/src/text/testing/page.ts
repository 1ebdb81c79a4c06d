// Just enough of a page to paint an answer on without a browser: nodes that hold nodes, nothing that runs. For tests.

type Paper = PaperElement | PaperText;

abstract class PaperNode {
  abstract readonly nodeType: number;
  parent: PaperElement | null = null;

  remove(this: Paper): void {
    const siblings = this.parent?.childNodes;
    siblings?.splice(siblings.indexOf(this), 1);
    this.parent = null;
  }

  replaceWith(this: Paper, fresh: Paper): void {
    const { parent } = this;
    if (!parent) return;
    fresh.remove();
    parent.childNodes[parent.childNodes.indexOf(this)] = fresh;
    fresh.parent = parent;
    this.parent = null;
  }

  get parentElement(): PaperElement | null {
    return this.parent;
  }

  get isConnected(): boolean {
    return this.parent?.isConnected ?? false;
  }
}

export class PaperText extends PaperNode {
  readonly nodeType = 3;
  data: string;

  constructor(data: string) {
    super();
    this.data = data;
  }

  get textContent(): string {
    return this.data;
  }

  set textContent(data: string) {
    this.data = data;
  }
}

export class PaperElement extends PaperNode {
  readonly nodeType = 1;
  readonly tagName: string;
  readonly attributes = new Map<string, string>();
  readonly childNodes: Paper[] = [];
  isRoot = false;

  constructor(tagName: string) {
    super();
    this.tagName = tagName;
  }

  setAttribute(name: string, value: string): void {
    this.attributes.set(name, value);
  }

  getAttribute(name: string): string | null {
    return this.attributes.get(name) ?? null;
  }

  getAttributeNames(): string[] {
    return [...this.attributes.keys()];
  }

  set className(value: string) {
    this.setAttribute("class", value);
  }

  get classList(): { add: (name: string) => void } {
    return { add: (name) => this.setAttribute("class", `${this.getAttribute("class") ?? ""} ${name}`) };
  }

  append(...children: (Paper | string)[]): void {
    for (const child of children) {
      const node = typeof child === "string" ? new PaperText(child) : child;
      node.remove();
      node.parent = this;
      this.childNodes.push(node);
    }
  }

  replaceChildren(...children: (Paper | string)[]): void {
    for (const child of [...this.childNodes]) child.remove();
    this.append(...children);
  }

  get childElementCount(): number {
    return this.childNodes.filter((child) => child instanceof PaperElement).length;
  }

  get lastElementChild(): PaperElement | null {
    return this.childNodes.findLast((child) => child instanceof PaperElement) ?? null;
  }

  addEventListener(): void {}

  querySelector(tagName: string): PaperElement | null {
    return this.all().find((each) => each !== this && each.tagName.toLowerCase() === tagName) ?? null;
  }

  get textContent(): string {
    return this.childNodes.map((child) => child.textContent).join("");
  }

  override get isConnected(): boolean {
    return this.isRoot || super.isConnected;
  }

  /** Itself and every element in it. Without recursion, as hostile texts nest deep. */
  all(): PaperElement[] {
    const found: PaperElement[] = [this];
    for (let index = 0; index < found.length; index += 1) {
      for (const child of found[index]?.childNodes ?? []) if (child instanceof PaperElement) found.push(child);
    }
    return found;
  }
}

/** To stand in for `document`. */
export const paper = {
  compatMode: "CSS1Compat",
  createElement: (tag: string): PaperElement => new PaperElement(tag.toUpperCase()),
  createElementNS: (_space: string, tag: string): PaperElement => new PaperElement(tag),
  createTextNode: (data: string): PaperText => new PaperText(data),
};

export function paperRoot(): PaperElement {
  const root = new PaperElement("DIV");
  root.isRoot = true;
  return root;
}
