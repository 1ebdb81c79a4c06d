// When to paint: once per frame, and in a tab that nobody sees twice a second. Knows not what.

export interface Screen {
  hidden(): boolean;
  /** Each answers how to take it back. */
  onFrame(act: () => void): () => void;
  after(milliseconds: number, act: () => void): () => void;
  onVisibility(act: () => void): () => void;
}

export const screenOfBrowser: Screen = {
  hidden: () => document.visibilityState === "hidden",
  onFrame(act) {
    const frame = requestAnimationFrame(act);
    return () => cancelAnimationFrame(frame);
  },
  after(milliseconds, act) {
    const timer = setTimeout(act, milliseconds);
    return () => clearTimeout(timer);
  },
  onVisibility(act) {
    document.addEventListener("visibilitychange", act);
    return () => document.removeEventListener("visibilitychange", act);
  },
};

const unseen = 500;

export class Painter {
  #paint: () => void;
  #screen: Screen;
  #cancel: (() => void) | null = null;
  #forget: () => void;

  constructor(paint: () => void, screen: Screen) {
    this.#paint = paint;
    this.#screen = screen;
    this.#forget = screen.onVisibility(() => this.#plan());
  }

  /** Something has changed. */
  ask(): void {
    if (!this.#cancel) this.#schedule();
  }

  now(): void {
    this.#cancel?.();
    this.#cancel = null;
    this.#paint();
  }

  stop(): void {
    this.#forget();
    this.#cancel?.();
    this.#cancel = null;
  }

  /** A frame that was asked for in a tab that is hidden since then would never come. */
  #plan(): void {
    if (!this.#cancel) return;
    this.#cancel();
    this.#schedule();
  }

  #schedule(): void {
    const paint = (): void => this.now();
    this.#cancel = this.#screen.hidden() ? this.#screen.after(unseen, paint) : this.#screen.onFrame(paint);
  }
}
