// What the server has of something: nothing yet, all of it, or why not. Knows neither the server nor the thing.

export class Fetched<Value> {
  value: Value | undefined = $state.raw();
  error: unknown = $state.raw(null);
  busy = $state(false);
  #latest = 0;

  constructor(readonly ask: () => Promise<Value>) {}

  /** What is there stays until it is replaced. Of two at once, the later counts. */
  load = async (): Promise<void> => {
    const mine = ++this.#latest;
    this.error = null;
    this.busy = true;
    try {
      const value = await this.ask();
      if (mine === this.#latest) this.value = value;
    } catch (error) {
      if (mine === this.#latest) this.error = error;
    }
    if (mine === this.#latest) this.busy = false;
  };
}

/** A long list in pages: each begins after the last item of the one before. */
export class Pages<Item> {
  items: readonly Item[] = $state.raw([]);
  error: unknown = $state.raw(null);
  busy = $state(false);
  complete = $state(false);

  constructor(
    readonly ask: (last: Item | undefined) => Promise<readonly Item[]>,
    readonly size: number,
  ) {}

  /** Whether anything was ever answered. */
  get begun(): boolean {
    return this.complete || this.items.length > 0;
  }

  more = async (): Promise<void> => {
    if (this.busy || this.complete) return;
    this.busy = true;
    this.error = null;
    try {
      const page = await this.ask(this.items.at(-1));
      this.items = [...this.items, ...page];
      this.complete = page.length < this.size;
    } catch (error) {
      this.error = error;
    } finally {
      this.busy = false;
    }
  };

  async all(): Promise<void> {
    while (!this.complete && !this.error) await this.more();
  }

  replace(item: Item, same: (other: Item) => boolean): void {
    this.items = this.items.map((each) => (same(each) ? item : each));
  }
}
