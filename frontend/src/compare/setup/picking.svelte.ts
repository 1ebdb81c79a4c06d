// How the choosing of models stands: what is searched for, which row the keys are on, what is chosen.
import { type Row, rowsOf } from "./finding";
import { type Model, models } from "./models.svelte";

export interface Limits {
  /** As many as may be chosen; 1 is taken at once. */
  readonly most: number;
  /** Those that make no sense here. */
  readonly without: readonly string[];
}

export class Picking {
  chosen: readonly string[] = $state.raw([]);
  #query = $state("");
  #at = $state(0);
  readonly rows: readonly Row[] = $derived.by(() =>
    rowsOf(this.#offered(models.all), this.#offered(models.recent), this.#query),
  );
  /** Where in the rows those are that can be chosen. */
  readonly places: readonly number[] = $derived(
    this.rows.flatMap((row, place) => (row.kind === "group" ? [] : [place])),
  );
  /** The row that the keys are on. */
  readonly place: number = $derived(this.places[Math.min(this.#at, this.places.length - 1)] ?? -1);
  readonly row: Row | undefined = $derived(this.rows[this.place]);
  readonly #limits: Limits;

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  get query(): string {
    return this.#query;
  }

  set query(query: string) {
    this.#query = query;
    this.#at = 0;
  }

  get single(): boolean {
    return this.#limits.most === 1;
  }

  go(by: number): void {
    this.#at = Math.max(0, Math.min(this.places.length - 1, this.#at + by));
  }

  toggle(id: string): void {
    if (this.chosen.includes(id)) this.chosen = this.chosen.filter((each) => each !== id);
    else if (this.single) this.chosen = [id];
    else if (this.chosen.length < this.#limits.most) this.chosen = [...this.chosen, id];
  }

  /** What would be taken now: those that are chosen, or else where the keys are. */
  get taken(): readonly string[] {
    if (this.chosen.length > 0) return this.chosen;
    const id = askable(this.row);
    return id === null ? [] : [id];
  }

  #offered(all: readonly Model[]): readonly Model[] {
    return all.filter(({ id }) => !this.#limits.without.includes(id));
  }
}

export function idOf(row: Row): string {
  return row.kind === "model" ? row.model.id : row.kind === "exact" ? row.id : "";
}

/** The id of what can be asked in this row, if anything. */
export function askable(row: Row | undefined): string | null {
  if (!row || row.kind === "group" || (row.kind === "model" && !row.model.available)) return null;
  return idOf(row);
}
