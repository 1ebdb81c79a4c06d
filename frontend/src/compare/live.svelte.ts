// What the page sees of answers that run: for how long, how fast, since when. It ticks only while something runs.
import { SvelteMap } from "svelte/reactivity";

import { elapsed, heard, type Tempo, tokensPerSecond } from "../room/tempo";
import type { Comparison, Response } from "../room/wire";
import { isRunning } from "./columns";
import type { Seen } from "./timing";
import type { Pace } from "./words";

interface Watch {
  readonly tempo: Tempo;
  readonly first: number | null;
  readonly firstAnswer: number | null;
}

const beat = 250;
const nothing: Watch = { tempo: [], first: null, firstAnswer: null };

export class Live {
  #now = $state(Date.now());
  #watches = new SvelteMap<string, Watch>();
  #skew: () => number;

  /** `skew`: how far our clock is ahead of the server's. */
  constructor(skew: () => number) {
    this.#skew = skew;
  }

  /** To be called while something runs; what it returns ends it. */
  tick(comparison: () => Comparison | null): () => void {
    const timer = setInterval(() => this.look(comparison(), Date.now()), beat);
    this.look(comparison(), Date.now());
    return () => clearInterval(timer);
  }

  look(comparison: Comparison | null, now: number): void {
    this.#now = now;
    for (const turn of comparison?.turns ?? []) {
      for (const response of turn.responses) {
        if (isRunning(response)) this.#note(response, now);
        else this.#watches.delete(response.id);
      }
    }
  }

  pace(response: Response): Pace {
    const running = isRunning(response);
    const { tempo } = this.#watches.get(response.id) ?? nothing;
    return {
      elapsed: this.#elapsed(response, running ? this.#now : 0),
      tokensPerSecond: running ? tokensPerSecond(tempo, this.#now) : null,
    };
  }

  /** Null when it has ended: then its own numbers say it. */
  seen(response: Response): Seen | null {
    if (!isRunning(response)) return null;
    const { first, firstAnswer } = this.#watches.get(response.id) ?? nothing;
    return { elapsed: this.#elapsed(response, this.#now) ?? 0, first, firstAnswer };
  }

  #note(response: Response, now: number): void {
    const known = this.#watches.get(response.id) ?? nothing;
    const at = this.#elapsed(response, now);
    const tempo = heard(known.tempo, response, now);
    const first = known.first ?? (response.text || response.reasoning ? at : null);
    const firstAnswer = known.firstAnswer ?? (response.text ? at : null);
    if (tempo !== known.tempo || first !== known.first || firstAnswer !== known.firstAnswer) {
      this.#watches.set(response.id, { tempo, first, firstAnswer });
    }
  }

  #elapsed(response: Response, now: number): number | null {
    return elapsed(response, now, this.#skew());
  }
}
