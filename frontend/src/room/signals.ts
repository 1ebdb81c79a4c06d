// What the others are told of this person: whether he types and which lane he looks at. Not with each key, and
// again whenever the room was joined again.
import type { Line, Place } from "./membership";
import type { Command } from "./wire";

const typingAgain = 3_000;
const viewingTogether = 250;

export class Signals {
  #sessionId: string;
  #line: Line;
  #around: Place["around"];
  #joined = false;
  #typedAt: number | null = null;
  #viewing: string | null = null;
  #toldViewing: string | null = null;
  #timer: (() => void) | null = null;

  constructor(sessionId: string, { line, around }: Pick<Place, "line" | "around">) {
    this.#sessionId = sessionId;
    this.#line = line;
    this.#around = around;
  }

  joined(): void {
    this.#joined = true;
    this.#tellViewing();
  }

  /** Nobody there knows anything of us any more. */
  lost(): void {
    this.#joined = false;
    this.#typedAt = this.#toldViewing = null;
    this.#timer?.();
    this.#timer = null;
  }

  types(typing: boolean): void {
    const now = this.#around.now();
    const told = this.#typedAt !== null && now - this.#typedAt < typingAgain;
    if (typing ? told : this.#typedAt === null) return;
    const said = this.#say({ type: "typing", sessionId: this.#sessionId, typing });
    this.#typedAt = typing && said ? now : null;
  }

  views(laneId: string | null): void {
    this.#viewing = laneId;
    this.#timer ??= this.#around.after(viewingTogether, () => this.#tellViewing());
  }

  #tellViewing(): void {
    this.#timer?.();
    this.#timer = null;
    const laneId = this.#viewing;
    if (laneId === this.#toldViewing) return;
    if (this.#say({ type: "viewing", sessionId: this.#sessionId, laneId })) this.#toldViewing = laneId;
  }

  #say(command: Command): boolean {
    return this.#joined && this.#line.signal(command);
  }
}
