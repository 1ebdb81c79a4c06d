// How somebody looks at a comparison: nothing of it changes the comparison, and nobody else sees it.
import { SvelteMap, SvelteSet } from "svelte/reactivity";

import { Kept, oneOf } from "../app/kept.svelte";

export type Layout = "columns" | "focus" | "table";

const layout = new Kept<Layout>("layout", "columns", oneOf("columns", "focus", "table"));
const narrowest = 240;

export class View {
  /** The lane that keys act on, and that is shown alone in focus. */
  laneId: string | null = $state(null);
  /** The lane that others are measured by. */
  baseId: string | null = $state(null);
  showsDifference = $state(false);
  scrollsTogether = $state(false);
  readonly collapsed = new SvelteSet<string>();
  readonly widths = new SvelteMap<string, number>();
  /** Which attempt is shown of a lane's answers to a prompt; without an entry the latest. */
  readonly #attempts = new SvelteMap<string, number>();

  get layout(): Layout {
    return layout.value;
  }

  set layout(value: Layout) {
    layout.value = value;
  }

  nextLayout(): void {
    const all: readonly Layout[] = ["columns", "focus", "table"];
    this.layout = all[(all.indexOf(this.layout) + 1) % all.length] ?? "columns";
  }

  resize(laneId: string, width: number): void {
    this.widths.set(laneId, Math.max(narrowest, Math.round(width)));
  }

  toggleCollapsed(laneId: string): void {
    if (!this.collapsed.delete(laneId)) this.collapsed.add(laneId);
  }

  toggleBase(laneId: string): void {
    this.baseId = this.baseId === laneId ? null : laneId;
    if (this.baseId === null) this.showsDifference = false;
  }

  attempt(turnId: string, laneId: string, latest: number): number {
    return Math.min(this.#attempts.get(`${turnId} ${laneId}`) ?? latest, latest);
  }

  showAttempt(turnId: string, laneId: string, attempt: number | null): void {
    const key = `${turnId} ${laneId}`;
    if (attempt === null) this.#attempts.delete(key);
    else this.#attempts.set(key, attempt);
  }
}
