// A value that this browser remembers. Where nothing can be kept, it holds until the page is left.

export class Kept<Value> {
  #value: Value = $state.raw() as Value;

  /** `read` makes a value of what was kept, whatever that is, or throws. */
  constructor(
    readonly name: string,
    fallback: Value,
    read: (kept: unknown) => Value,
  ) {
    this.#value = fallback;
    try {
      const kept = localStorage.getItem(`bakeoff.${name}`);
      if (kept !== null) this.#value = read(JSON.parse(kept));
    } catch {
      // Kept by another version, or by somebody's hand.
    }
  }

  get value(): Value {
    return this.#value;
  }

  set value(value: Value) {
    this.#value = value;
    try {
      localStorage.setItem(`bakeoff.${this.name}`, JSON.stringify(value));
    } catch {
      // A private window, or a full store.
    }
  }
}

/** For `Kept`: one of these words. */
export function oneOf<Word extends string>(...words: readonly Word[]): (kept: unknown) => Word {
  return (kept) => {
    const word = words.find((each) => each === kept);
    if (word === undefined) throw new TypeError("not one of the words");
    return word;
  };
}
