// The exact copy of one comparison: follows its events and knows when one is missing. No socket, no screen.
import { apply, OutOfStep } from "./apply";
import type { Comparison, Joined, Position, RoomEvent } from "./wire";

/** How it stands after something was heard: up to date, waiting for a snapshot that has to be fetched, or astray:
 * then it joins anew, without its position. */
export type Standing = "following" | "waiting" | "astray";

export class Copy {
  comparison: Comparison | null = null;
  standing: Standing = "astray";

  #position: Position | null = null;
  /** Heard while the snapshot was on its way. */
  #early: RoomEvent[] = [];

  /** To be said when joining. Null: begin with the snapshot. */
  get position(): Position | null {
    return this.#position;
  }

  /** The connection is gone; what comes next is another Joined. What is here stays good to
   * come back to, but not where a snapshot that is still to come would have begun. */
  stop(): void {
    if (this.standing === "waiting") this.#astray();
    else this.standing = "astray";
  }

  joined({ recovered, epoch, seq, snapshot }: Joined): Standing {
    this.#early = [];
    if (recovered) {
      // The answer to somebody who was here before us, and left: ours is still to come.
      if (this.#position?.epoch !== epoch) return this.#astray();
      return (this.standing = "following");
    }
    this.#position = { epoch, seq };
    if (!snapshot) return (this.standing = "waiting");
    this.comparison = snapshot;
    return (this.standing = "following");
  }

  /** The snapshot that was too large for a frame. Null: it was taken of no room, so nobody knows where it stands. */
  loaded(comparison: Comparison, position: Position | null): Standing {
    if (this.standing !== "waiting") return this.standing;
    const joined = this.#position;
    if (!joined || position?.epoch !== joined.epoch || position.seq < joined.seq) return this.#astray();
    this.comparison = comparison;
    this.#position = position;
    this.standing = "following";
    const early = this.#early;
    this.#early = [];
    for (const event of early) this.heard(event);
    return this.standing;
  }

  heard(event: RoomEvent): Standing {
    if (this.standing === "waiting") this.#early.push(event);
    if (this.standing !== "following" || !this.#position || !this.comparison) return this.standing;
    const { epoch, seq } = this.#position;
    if (event.seq <= seq) return this.standing;
    if (event.seq !== seq + 1) return this.#astray();
    try {
      this.comparison = apply(this.comparison, event);
    } catch (error) {
      if (error instanceof OutOfStep) return this.#astray();
      throw error;
    }
    this.#position = { epoch, seq: event.seq };
    return this.standing;
  }

  #astray(): Standing {
    this.#position = null;
    this.#early = [];
    return (this.standing = "astray");
  }
}
