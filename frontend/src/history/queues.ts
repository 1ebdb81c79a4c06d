// What is asked about one thing waits until everything asked about it before is answered. Knows no server.

export class Queues {
  readonly #last = new Map<string, Promise<void>>();

  /** Whatever became of those before: a deed that failed holds up no other. */
  wait<T>(id: string, act: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id);
    const mine = before ? before.then(act) : act();
    const done = () => {
      if (this.#last.get(id) === over) this.#last.delete(id);
    };
    const over = mine.then(done, done);
    this.#last.set(id, over);
    return mine;
  }

  /** How many are asked about now. */
  get size(): number {
    return this.#last.size;
  }
}
