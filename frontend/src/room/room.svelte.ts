// One room as the page sees it: the comparison, who is there, how the contact stands, and what may be done in it.
// What is heard is painted once per frame. Knows no socket and no HTTP.
import { Lost } from "./commands";
import type { Contact, WhyClosed } from "./contact";
import { Membership, type Place } from "./membership";
import { Painter, type Screen } from "./painter";
import { present, type Typist, typists, withoutLeft } from "./people";
import { Signals } from "./signals";
import { nearerSkew } from "./tempo";
import type { Access, Ack, Command, Comparison, Person, Response, RoomEvent, ServerSays } from "./wire";

export interface Prompt {
  /** Without it, the turn that waits to be started is. */
  readonly prompt?: string;
  /** Without them, all lanes. */
  readonly laneIds?: readonly string[];
}

const none: ReadonlySet<string> = new Set();

export class Room {
  comparison: Comparison | null = $state.raw(null);
  access: Access | null = $state.raw(null);
  contact: Contact = $state.raw({ is: "connecting" });
  people: readonly Person[] = $state.raw([]);
  typing: readonly Typist[] = $state.raw([]);
  /** Responses that somebody asked to stop here, and that have not ended yet. */
  stopping: ReadonlySet<string> = $state.raw(none);
  viewing: string | null = $state.raw(null);
  /** How far the reader's clock is ahead of the server's, in milliseconds, as far as anybody knows. */
  skew: number | null = null;

  readonly sessionId: string;
  #place: Place;
  #left: (room: Room) => void;
  #membership: Membership;
  #signals: Signals;
  #painter: Painter;
  #over = false;

  constructor(sessionId: string, place: Place, screen: Screen, left: (room: Room) => void) {
    this.sessionId = sessionId;
    this.#place = place;
    this.#left = left;
    this.#membership = new Membership(sessionId, place, {
      standingChanged: () => this.#showContact(),
      refused: (why) => this.#close(why),
    });
    this.#signals = new Signals(sessionId, place);
    this.#painter = new Painter(() => this.#paint(), screen);
    this.contactChanged();
  }

  /** Rejects with Lost or CommandRefused. Nothing is sent twice: whether to try again, the reader says. */
  start({ prompt, laneIds }: Prompt = {}): Promise<Ack> {
    const lanes = { laneIds: laneIds ?? null, modelIds: null };
    return this.#ask({ type: "start_comparison", sessionId: this.sessionId, prompt: prompt ?? null, ...lanes });
  }

  regenerate(responseId: string): Promise<Ack> {
    return this.#ask({ type: "regenerate", responseId });
  }

  /** Without a connection it is said as soon as there is one again: what runs costs money. */
  stop(responseId: string): Promise<void> {
    return this.#stop([responseId], { type: "stop_model", responseId });
  }

  stopAll(): Promise<void> {
    return this.#stop(runningIn(this.#membership.comparison), { type: "stop_comparison", sessionId: this.sessionId });
  }

  /** To be called with each key; with false when the words were sent or taken back. */
  types(typing = true): void {
    this.#signals.types(typing);
  }

  /** The lane that is looked at; null: none in particular. */
  view(laneId: string | null): void {
    this.viewing = laneId;
    this.#signals.views(laneId);
  }

  leave(): void {
    if (this.#over) return;
    const { line } = this.#place;
    if (line.contact.is === "live") line.ask({ type: "leave_session", sessionId: this.sessionId }).catch(() => {});
    this.#close("left");
  }

  /** Everything that is said in this room. */
  hear(said: ServerSays): void {
    if (this.#over) return;
    switch (said.type) {
      case "joined":
        this.access = said.access;
        return this.#membership.joined(said);
      case "session_closed":
        return this.#close(said.reason === "deleted" ? "deleted" : "access_ended");
      case "presence":
        this.people = present(this.people, said);
        this.typing = withoutLeft(this.typing, said);
        return;
      case "typing":
        this.typing = typists(this.typing, said);
        return;
      case "hello":
      case "authenticated":
      case "ack":
      case "error":
      case "rate_limit":
      case "budget_warning":
        return;
      default:
        return this.#happened(said);
    }
  }

  /** Of the connection. A room that was left, or ended, stays so. */
  contactChanged(): void {
    if (this.#over) return;
    if (this.#place.line.contact.is === "live") this.#membership.begin();
    else {
      this.#membership.pause();
      this.#signals.lost();
      this.typing = [];
    }
    this.#showContact();
  }

  #happened(event: RoomEvent): void {
    if ("timestamp" in event) this.skew = nearerSkew(this.skew, event.timestamp, this.#place.around.now());
    if (this.#membership.heard(event)) this.#painter.ask();
  }

  #showContact(): void {
    const before = this.contact;
    const { contact } = this.#place.line;
    if (contact.is !== "live" || this.#membership.following) this.contact = contact;
    else this.contact = this.#membership.comparison ? { is: "lost", again: null } : { is: "connecting" };
    if (this.contact.is === "live" && before.is !== "live") this.#begin();
  }

  /** In step, for the first time or again. */
  #begin(): void {
    this.#painter.now();
    this.#signals.joined();
    for (const responseId of this.stopping) {
      void this.#stop([responseId], { type: "stop_model", responseId }).catch(() => {});
    }
  }

  #paint(): void {
    this.comparison = this.#membership.comparison;
    const running = runningIn(this.comparison);
    this.#keepStopping((responseId) => running.includes(responseId));
  }

  async #stop(responseIds: readonly string[], command: Command): Promise<void> {
    this.stopping = new Set([...this.stopping, ...responseIds]);
    this.#painter.ask();
    try {
      await this.#ask(command);
    } catch (error) {
      if (error instanceof Lost) return;
      this.#keepStopping((responseId) => !responseIds.includes(responseId));
      throw error;
    }
  }

  #keepStopping(keep: (responseId: string) => boolean): void {
    const kept = [...this.stopping].filter(keep);
    if (kept.length < this.stopping.size) this.stopping = kept.length > 0 ? new Set(kept) : none;
  }

  async #ask(command: Command): Promise<Ack> {
    if (this.contact.is !== "live") throw new Lost(false);
    const answer = await this.#place.line.ask(command);
    if (answer.type !== "ack") throw new Error(`${command.type} was answered by ${answer.type}`);
    return answer;
  }

  #close(why: WhyClosed): void {
    this.#over = true;
    this.#membership.pause();
    this.#signals.lost();
    this.#painter.now();
    this.#painter.stop();
    this.people = [];
    this.typing = [];
    this.stopping = none;
    this.contact = { is: "closed", why };
    this.#left(this);
  }
}

function runningIn(comparison: Comparison | null): string[] {
  const answers: readonly Response[] = comparison?.turns.flatMap((turn) => turn.responses) ?? [];
  return answers.filter(({ status }) => status === "pending" || status === "streaming").map(({ id }) => id);
}
