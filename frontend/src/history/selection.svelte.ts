// Which rows are ticked. Knows no comparison, only ids and their order.

export class Selection {
  ids: ReadonlySet<string> = $state.raw(new Set<string>());
  #last: string | null = null;

  /** `through`: all from the one that was ticked before to this one. */
  toggle(id: string, order: readonly string[] = [], through = false): void {
    const on = !this.ids.has(id);
    const ids = new Set(this.ids);
    const ends = [order.indexOf(this.#last ?? ""), order.indexOf(id)].sort((one, other) => one - other);
    const [first = -1, last = -1] = ends;
    const reached = through && first >= 0 ? order.slice(first, last + 1) : [id];
    for (const each of reached) ids[on ? "add" : "delete"](each);
    this.ids = ids;
    this.#last = id;
  }

  clear(): void {
    this.ids = new Set();
    this.#last = null;
  }

  /** What is not listed any more is not ticked either. */
  keep(ids: ReadonlySet<string>): void {
    const kept = [...this.ids].filter((id) => ids.has(id));
    if (kept.length < this.ids.size) this.ids = new Set(kept);
  }
}
