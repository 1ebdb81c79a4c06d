// A block of code on the page: its language, a button that copies, and colours once they are there.
import { copyText } from "../ui/clipboard";
import { colours, type Run } from "./colours";
import { element } from "./elements";

const longestColoured = 50_000;
const longestColouredWhileOpen = 10_000;
const chunkSize = 1000;

const cards = new WeakMap<Node, CodeCard>();

export function cardOf(node: Node): CodeCard | undefined {
  return cards.get(node);
}

export class CodeCard {
  readonly element: HTMLElement;
  readonly language: string;
  text = "";
  ended = false;

  #code = element("code", {});
  #tail: Text | null = null;
  #asked = 0;
  #isAsking = false;

  constructor(language: string) {
    this.language = language;
    const name = this.language || "text";
    this.element = element(
      "figure",
      { class: "code-card" },
      element("figcaption", {}, element("span", {}, name), this.#copyButton()),
      element("pre", { tabindex: "0", role: "group", "aria-label": `Code, ${name}` }, this.#code),
    );
    cards.set(this.element, this);
  }

  /** Takes the whole code as it is now; what is there already is not touched. */
  show(text: string, ended: boolean): void {
    if (!text.startsWith(this.text)) this.#clear();
    const fresh = text.slice(this.text.length);
    this.text = text;
    this.ended = ended;
    if (fresh) this.#append(fresh);
    queueMicrotask(() => void this.#colour());
  }

  #clear(): void {
    this.text = "";
    this.#asked = 0;
    this.#tail = null;
    this.#code.replaceChildren();
  }

  /** In chunks of whole lines, so that a browser lays out only the last one again. */
  #append(fresh: string): void {
    let rest = (this.#tail?.data ?? "") + fresh;
    while (rest) {
      const cut = rest.length > chunkSize ? rest.indexOf("\n", chunkSize) + 1 || rest.length : rest.length;
      this.#tail ??= this.#newChunk();
      this.#tail.data = rest.slice(0, cut);
      rest = rest.slice(cut);
      if (rest) this.#tail = null;
    }
  }

  #newChunk(): Text {
    const letters = document.createTextNode("");
    this.#code.append(element("span", { class: "lines" }, letters));
    return letters;
  }

  async #colour(): Promise<void> {
    // Drafts that were only made to be compared with what is shown are never on the page.
    if (!this.language || this.#isAsking || !this.element.isConnected) return;
    const text = this.ended ? this.text : this.text.slice(0, this.text.lastIndexOf("\n") + 1);
    if (text.length === this.#asked || !this.#isWorthAsking(text.length)) return;
    this.#asked = text.length;
    this.#isAsking = true;
    const runs = await colours(text, this.language.toLowerCase());
    this.#isAsking = false;
    if (runs && this.text.startsWith(text)) this.#paint(runs, text.length);
    void this.#colour();
  }

  /** While code grows, only when it has grown by a quarter: the work stays in proportion to its length. */
  #isWorthAsking(size: number): boolean {
    if (this.ended) return size <= longestColoured;
    return size <= longestColouredWhileOpen && size > this.#asked * 1.25 + 200;
  }

  #paint(runs: Run[], size: number): void {
    const pieces = runs.map(({ tone, text }) => (tone ? element("span", { class: `tone-${tone}` }, text) : text));
    this.#code.replaceChildren(element("span", { class: "lines" }, ...pieces));
    this.#tail = null;
    if (size < this.text.length) this.#append(this.text.slice(size));
  }

  #copyButton(): HTMLButtonElement {
    const label = (): (Node | string)[] => ["Copy", element("span", { class: "unseen" }, " code")];
    const button = element("button", { type: "button" }, ...label());
    button.addEventListener("click", () => {
      // Without the end of the last line: pasted into a terminal, that would run the command.
      void copyText(this.text.replace(/\n$/, "")).then((copied) => {
        button.replaceChildren(copied ? "Copied" : "Press Ctrl+C");
        if (!copied) getSelection()?.selectAllChildren(this.#code);
        setTimeout(() => button.replaceChildren(...label()), 2000);
      });
    });
    return button;
  }
}
