// The rooms that the page is in, over its one connection. Knows what is said to whom, and nothing of HTTP.
import { Connection, type Credentials } from "./connection";
import type { Contact } from "./contact";
import type { Load } from "./membership";
import { type Screen, screenOfBrowser } from "./painter";
import { Room } from "./room.svelte";
import { browser, type Surroundings } from "./surroundings";
import type { BudgetWarning, Limited, ServerSays } from "./wire";

export type Notice = BudgetWarning | Limited;

/** What the page asks of the server beside the socket. */
export interface Server extends Credentials {
  load: Load;
  /** Money is nearly spent, or few commands are left. */
  noticed?: (notice: Notice) => void;
}

export class Rooms {
  contact: Contact = $state.raw({ is: "connecting" });
  /** Who a token made of us; whoever came with a cookie is the one who signed in. */
  guestId: string | null = $state.raw(null);

  #connection: Connection;
  #server: Server;
  #around: Surroundings;
  #screen: Screen;
  #rooms = new Map<string, Room>();

  constructor(server: Server, surroundings: Surroundings = browser, screen: Screen = screenOfBrowser) {
    this.#server = server;
    this.#around = surroundings;
    this.#screen = screen;
    const listener = { hear: this.#hear.bind(this), contactChanged: this.#contactChanged.bind(this) };
    this.#connection = new Connection(listener, server, surroundings);
  }

  /** The room is the same for all who open it, until it is left. */
  open(sessionId: string): Room {
    const known = this.#rooms.get(sessionId);
    if (known) return known;
    const place = { line: this.#connection, load: this.#server.load, around: this.#around };
    const room = new Room(sessionId, place, this.#screen, (left) => this.#forget(left));
    this.#rooms.set(sessionId, room);
    // A moment later: a room may be opened in a `$derived`, where nothing else may change.
    queueMicrotask(() => this.#rooms.has(sessionId) && this.#connection.open());
    return room;
  }

  /** Does not wait for the next try; also after the page was signed out, and somebody is signed in again. */
  reconnect(): void {
    if (this.contact.is === "closed") this.#connection.open();
    else this.#connection.hurry();
  }

  close(): void {
    for (const room of [...this.#rooms.values()]) room.leave();
    this.#connection.close();
  }

  #hear(said: ServerSays): void {
    if (said.type === "authenticated") this.guestId = said.userId;
    else if (said.type === "budget_warning" || said.type === "rate_limit") this.#server.noticed?.(said);
    else if ("sessionId" in said && said.sessionId !== null) this.#rooms.get(said.sessionId)?.hear(said);
  }

  #contactChanged(contact: Contact): void {
    this.contact = contact;
    for (const room of [...this.#rooms.values()]) room.contactChanged();
  }

  #forget(room: Room): void {
    if (this.#rooms.get(room.sessionId) === room) this.#rooms.delete(room.sessionId);
  }
}
