// The room of the server's side, as small as it can be: numbers events, answers who joins, remembers a few. For tests.
import { apply } from "../apply";
import type { ClientSays, Comparison, Joined, Position, RoomEvent } from "../wire";
import type { FakeSocket, Peer } from "./socket";

export class FakeRoom implements Peer {
  /** What the room remembers for those who come back. */
  window = 2000;
  /** Whether a snapshot fits into a frame. */
  fits = true;
  authenticated = true;
  away = false;
  refusal: { code: string; retryAfter: number | null } | null = null;
  readonly joins: { recovered: boolean }[] = [];
  readonly heardOf: ClientSays[] = [];
  /** Stays silent about these. */
  readonly deaf = new Set<ClientSays["type"]>();

  #lives = 1;
  #seq = 0;
  #log: RoomEvent[] = [];
  #members = new Set<FakeSocket>();

  constructor(public comparison: Comparison) {}

  get position(): Position {
    return { epoch: `life-${this.#lives}`, seq: this.#seq };
  }

  get members(): number {
    return this.#members.size;
  }

  opened(socket: FakeSocket): void {
    if (this.away) socket.ends(1006);
    else socket.accept(this.authenticated);
  }

  closed(socket: FakeSocket): void {
    this.#members.delete(socket);
  }

  heard(socket: FakeSocket, said: ClientSays): void {
    this.heardOf.push(said);
    if (this.deaf.has(said.type)) return;
    if (this.refusal) this.#refuse(socket, said.id);
    else if (said.type === "join_session") this.#join(socket, said);
    else if (said.type === "leave_session") this.#members.delete(socket);
    else if (said.id !== undefined) this.signal({ type: "ack", id: said.id, sessionId: null, turnId: null }, socket);
  }

  publish(event: RoomEvent): void {
    this.comparison = apply(this.comparison, event);
    const numbered = { ...event, seq: ++this.#seq };
    this.#log = [...this.#log, numbered].slice(-this.window);
    for (const socket of this.#members) socket.says(numbered);
  }

  /** An event that nobody is told of, which cannot be. */
  swallow(event: RoomEvent): void {
    const members = this.#members;
    this.#members = new Set();
    this.publish(event);
    this.#members = members;
  }

  signal(frame: object, ...sockets: FakeSocket[]): void {
    for (const socket of sockets.length > 0 ? sockets : this.#members) socket.says(frame);
  }

  /** The server starts again, and the room with it. */
  restart(): void {
    this.drop(1012);
    this.#lives++;
    this.#seq = 0;
    this.#log = [];
  }

  drop(code = 1006): void {
    for (const socket of [...this.#members]) socket.ends(code);
  }

  #join(socket: FakeSocket, { id, epoch, after }: Extract<ClientSays, { type: "join_session" }>): void {
    const { comparison } = this;
    const missed = epoch === this.position.epoch && typeof after === "number" ? this.#after(after) : null;
    const snapshot = missed || !this.fits ? null : comparison;
    const recovered = missed !== null;
    this.joins.push({ recovered });
    const where = { sessionId: comparison.sessionId, ...this.position };
    const joined: Joined = { type: "joined", id: id ?? null, ...where, recovered, access: "editor", snapshot };
    socket.says(joined);
    for (const event of missed ?? []) socket.says(event);
    this.#members.add(socket);
  }

  #after(seq: number): RoomEvent[] | null {
    const missed = this.#seq - seq;
    return missed < 0 || missed > this.#log.length ? null : this.#log.slice(this.#log.length - missed);
  }

  #refuse(socket: FakeSocket, id: ClientSays["id"]): void {
    socket.says({ type: "error", id: id ?? null, message: "No.", details: [], sessionId: null, ...this.refusal });
  }
}
