// What went wrong in a row, and how long to wait because of it. Pure: no sockets, no timers.
import { afterClose, backOff } from "./contact";

const steadyAfter = 5_000;
const failuresWhenUnwelcome = 5;

export class Setbacks {
  #failures = 0;
  /** How often it was live, but not for long. */
  #relapses = 0;
  #ungreeted = 0;

  /** As if nothing had gone wrong yet. */
  reset(): void {
    this.#failures = this.#relapses = this.#ungreeted = 0;
  }

  /** There is reason to hope: what failed so far does not make the next wait longer. */
  hope(): void {
    this.#failures = 0;
  }

  greeted(): void {
    this.#ungreeted = 0;
  }

  /** A socket did; `liveFor`: null when it never was live. Says whether to doubt that a cookie is worth anything. */
  ended(code: number, liveFor: number | null): "doubt" | "trust" {
    if (liveFor !== null) this.#relapse(liveFor);
    const when = afterClose(code);
    if (when === "later") this.#failures = Math.max(this.#failures, failuresWhenUnwelcome);
    // A browser does not say why a handshake failed: a cookie that is worth nothing looks like a server that is away.
    const refused = liveFor === null && ++this.#ungreeted === 2;
    return when === "signed_in" || refused ? "doubt" : "trust";
  }

  /** Milliseconds until the next try. */
  wait(random: number): number {
    return backOff(++this.#failures, random);
  }

  /** That the server could not be reached before does not count any more, but that it ends each time does. */
  #relapse(liveFor: number): void {
    if (liveFor >= steadyAfter) this.#relapses = 0;
    this.#failures = this.#relapses++;
  }
}
