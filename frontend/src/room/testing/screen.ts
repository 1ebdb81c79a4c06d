// A screen whose frames come when a test says so. To be used with false timers.
import { type Screen, screenOfBrowser } from "../painter";

export class FakeScreen implements Screen {
  frames = 0;
  readonly after = screenOfBrowser.after;
  #hidden = false;
  #waiting = new Set<() => void>();
  #watching = new Set<() => void>();

  hidden(): boolean {
    return this.#hidden;
  }

  onFrame(act: () => void): () => void {
    this.#waiting.add(act);
    return () => this.#waiting.delete(act);
  }

  onVisibility(act: () => void): () => void {
    this.#watching.add(act);
    return () => this.#watching.delete(act);
  }

  /** Never comes in a tab that is hidden. */
  frame(): void {
    if (this.#hidden) return;
    this.frames++;
    const waiting = [...this.#waiting];
    this.#waiting.clear();
    for (const act of waiting) act();
  }

  hide(hidden: boolean): void {
    this.#hidden = hidden;
    for (const act of this.#watching) act();
  }
}
