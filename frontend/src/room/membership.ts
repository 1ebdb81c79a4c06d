// Being in one room: joins, comes back to where it was, fetches the snapshot that no frame can hold, begins anew
// when something is missing. Knows no socket, no HTTP and no screen.
import { type Answer, CommandRefused } from "./commands";
import { backOff, type Contact, type WhyClosed } from "./contact";
import { Copy } from "./copy";
import type { Surroundings } from "./surroundings";
import type { Command, Comparison, Joined, Position, RoomEvent } from "./wire";

/** What a room needs of the connection. */
export interface Line {
  readonly contact: Contact;
  ask(command: Command): Promise<Answer>;
  signal(command: Command): boolean;
}

/** Fetches a snapshot; `position` is null when no room is open there. */
export type Load = (sessionId: string) => Promise<{ comparison: Comparison; position: Position | null }>;

export interface Place {
  readonly line: Line;
  readonly load: Load;
  readonly around: Pick<Surroundings, "after" | "now" | "random">;
}

interface Listener {
  /** It is in step again, or not any more. */
  standingChanged(): void;
  refused(why: WhyClosed): void;
}

const forGood: Readonly<Record<string, WhyClosed>> = {
  not_found: "not_found",
  validation_failed: "not_found",
  forbidden: "forbidden",
};

export class Membership {
  #sessionId: string;
  #place: Place;
  #listener: Listener;
  #copy = new Copy();
  #joining = false;
  /** In a row, without an event in between that could be used. */
  #failures = 0;
  #timer: (() => void) | null = null;

  constructor(sessionId: string, place: Place, listener: Listener) {
    this.#sessionId = sessionId;
    this.#place = place;
    this.#listener = listener;
  }

  get comparison(): Comparison | null {
    return this.#copy.comparison;
  }

  get following(): boolean {
    return this.#copy.standing === "following";
  }

  /** The connection is there, and the room may have been here before. */
  begin(): void {
    if (this.#copy.standing === "astray" && !this.#joining && !this.#timer) void this.#join();
  }

  /** The connection is gone. */
  pause(): void {
    this.#timer?.();
    this.#timer = null;
    this.#joining = false;
    this.#copy.stop();
  }

  joined(joined: Joined): void {
    this.#joining = false;
    this.#copy.joined(joined);
    this.#stands();
    if (this.#copy.standing === "waiting") void this.#fetch();
  }

  /** True: the comparison is not what it was. */
  heard(event: RoomEvent): boolean {
    const { comparison, standing } = this.#copy;
    this.#copy.heard(event);
    if (this.#copy.comparison !== comparison) this.#failures = 0;
    if (this.#copy.standing !== standing) this.#stands();
    return this.#copy.comparison !== comparison;
  }

  async #join(): Promise<void> {
    this.#joining = true;
    const { epoch, seq } = this.#copy.position ?? { epoch: null, seq: null };
    try {
      await this.#place.line.ask({ type: "join_session", sessionId: this.#sessionId, epoch, after: seq });
    } catch (error) {
      if (!this.#joining) return;
      this.#joining = false;
      if (error instanceof CommandRefused) this.#refused(error);
      else this.#later();
    }
  }

  #refused({ code, retryAfter }: CommandRefused): void {
    const why = forGood[code];
    if (why) this.#listener.refused(why);
    else this.#later((retryAfter ?? 0) * 1000);
  }

  /** `least`: milliseconds. */
  #later(least = 0): void {
    const { around } = this.#place;
    this.#timer?.();
    this.#timer = around.after(least + backOff(++this.#failures, around.random()), () => {
      this.#timer = null;
      void this.#join();
    });
  }

  /** The first time it joins anew at once; what is missing each time is not asked for at the network's speed. */
  #stands(): void {
    if (this.#copy.standing === "astray") {
      if (this.#failures === 0) {
        this.#failures = 1;
        void this.#join();
      } else this.#later();
    }
    this.#listener.standingChanged();
  }

  async #fetch(): Promise<void> {
    const asked = this.#copy.position;
    const late = (): boolean => this.#copy.standing !== "waiting" || this.#copy.position !== asked;
    try {
      const { comparison, position } = await this.#place.load(this.#sessionId);
      if (late()) return;
      this.#copy.loaded(comparison, position);
      this.#stands();
    } catch {
      // Whether there still is something to fetch, the next Joined says.
      if (late()) return;
      this.#copy.stop();
      this.#later();
    }
  }
}
