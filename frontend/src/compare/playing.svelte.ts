// A finished comparison being played back: where it is, how fast it goes.
import type { Comparison } from "../room/wire";
import { Live } from "./live.svelte";
import { comparisonAt, lengthOf, type Replay } from "./replay";

export const speeds = [1, 2, 4] as const;

export class Playing {
  readonly length: number;
  readonly live = new Live(() => 0);
  at = $state(0);
  speed: (typeof speeds)[number] = $state(1);
  goesOn = $state(false);
  readonly comparison: Comparison = $derived.by(() =>
    comparisonAt(this.#whole, this.#replay, this.#turnId, this.at),
  );
  #whole: Comparison;
  #replay: Replay;
  #turnId: string;
  #began: number;
  #frame = 0;

  constructor(comparison: Comparison, replay: Replay, turnId: string) {
    this.#whole = comparison;
    this.#replay = replay;
    this.#turnId = turnId;
    this.length = lengthOf(replay, turnId);
    const startedAt = replay.turns.find((turn) => turn.turnId === turnId)?.startedAt;
    this.#began = startedAt ? Date.parse(startedAt) : 0;
  }

  play(): void {
    if (this.at >= this.length) this.seek(0);
    this.goesOn = true;
    let last = performance.now();
    const step = (now: number): void => {
      this.seek(this.at + (now - last) * this.speed);
      last = now;
      if (this.at >= this.length) this.goesOn = false;
      if (this.goesOn) this.#frame = requestAnimationFrame(step);
    };
    this.#frame = requestAnimationFrame(step);
  }

  pause(): void {
    this.goesOn = false;
    cancelAnimationFrame(this.#frame);
  }

  seek(to: number): void {
    this.at = Math.max(0, Math.min(this.length, to));
    this.live.look(this.comparison, this.#began + this.at);
  }
}
