// Asks a worker where two answers differ, so that the page goes on while it looks.
import type { Comparison } from "./diff";
import { Errands } from "./errands";

export interface Sides {
  before: string;
  after: string;
}

const limitMilliseconds = 10_000;

const errands = new Errands<Sides, Comparison>(
  () => new Worker(new URL("./diff.worker.ts", import.meta.url), { type: "module" }),
  limitMilliseconds,
);

/** Null when it could not be found out. */
export function difference(sides: Sides): Promise<Comparison | null> {
  return errands.ask(sides);
}
