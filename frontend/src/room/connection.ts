// The socket of the page and nothing else: opens it, brings it back, carries commands and their answers.
// Knows no rooms and no screen.
import { type Answer, CommandRefused } from "./commands";
import type { Contact, WhyClosed } from "./contact";
import { Outbox } from "./outbox";
import { type Credentials, Proof } from "./proof";
import { Setbacks } from "./setbacks";
import { browser, type Socket, type Surroundings } from "./surroundings";
import type { Command, Hello, ServerSays } from "./wire";

export type { Credentials } from "./proof";

export interface Listener {
  /** What is said to this page, in its order; answers to commands come as promises as well. */
  hear(said: ServerSays): void;
  contactChanged(contact: Contact): void;
}

const version = 1;
const opened = 1;
const patienceForHello = 10_000;
const silentForTooLong = 20_000;

export class Connection {
  contact: Contact = { is: "connecting" };

  #listener: Listener;
  #around: Surroundings;
  #outbox: Outbox;
  #proof: Proof;
  #setbacks = new Setbacks();
  #socket: Socket | null = null;
  #sleepless: (() => void) | null = null;
  #timer: (() => void) | null = null;
  /** Counts what was begun: whatever comes late from an earlier try is let go. */
  #tries = 0;
  #heardAt = 0;
  #liveSince: number | null = null;

  constructor(listener: Listener, credentials: Credentials, surroundings: Surroundings = browser) {
    this.#listener = listener;
    this.#proof = new Proof(credentials);
    this.#around = surroundings;
    this.#outbox = new Outbox(surroundings, (socket, sentAt) => {
      if (this.#heardAt < sentAt) this.#replace(socket);
    });
  }

  /** Also again, after it was closed. */
  open(): void {
    if (this.#sleepless) return;
    this.#sleepless = this.#around.onAwake(() => this.#wake());
    this.#setbacks.reset();
    this.#proof.reset();
    if (this.contact.is !== "connecting") this.#tell({ is: "connecting" });
    void this.#try();
  }

  close(why: WhyClosed = "left"): void {
    if (!this.#sleepless) return;
    this.#sleepless();
    this.#sleepless = null;
    this.#drop();
    this.#tell({ is: "closed", why });
  }

  /** Does not wait any longer. */
  hurry(): void {
    if (this.contact.is !== "lost" || this.contact.again === null) return;
    this.#setbacks.hope();
    void this.#try();
  }

  /** Rejects with Lost or CommandRefused. */
  ask(command: Command): Promise<Answer> {
    return this.#outbox.ask(this.#liveSocket, command);
  }

  /** What is worth nothing later. False: it was not sent. */
  signal(command: Command): boolean {
    return this.#outbox.signal(this.#liveSocket, command);
  }

  get #liveSocket(): Socket | null {
    return this.contact.is === "live" ? this.#socket : null;
  }

  async #try(): Promise<void> {
    this.#drop();
    const number = this.#tries;
    if (this.contact.is === "lost") this.#tell({ is: "lost", again: null });
    let query: string | null;
    try {
      query = await this.#proof.query();
    } catch {
      if (number === this.#tries) this.#retry();
      return;
    }
    if (number !== this.#tries) return;
    if (query === null) this.close(this.#proof.end);
    else this.#openSocket(query);
  }

  #openSocket(query: string): void {
    const socket = this.#around.openSocket(query);
    this.#socket = socket;
    this.#heardAt = this.#around.now();
    this.#timer = this.#around.after(patienceForHello, () => this.#ended(socket, 1006));
    socket.addEventListener("message", ({ data }) => this.#heard(socket, data));
    socket.addEventListener("close", ({ code }) => this.#ended(socket, code));
  }

  #heard(socket: Socket, data: unknown): void {
    if (socket !== this.#socket || typeof data !== "string") return;
    this.#heardAt = this.#around.now();
    const said = JSON.parse(data) as ServerSays;
    if (said.type === "hello") this.#greeted(socket, said);
    else if (!this.#outbox.settles(said)) this.#listener.hear(said);
  }

  #greeted(socket: Socket, hello: Hello): void {
    this.#timer?.();
    this.#setbacks.greeted();
    const { token } = this.#proof;
    if (hello.version !== version) this.close("outdated");
    else if (hello.authenticated) this.#begin();
    else if (token !== undefined) void this.#authenticate(socket, token);
    else if (this.#proof.renewed) this.close("signed_out");
    else {
      this.#proof.doubt();
      void this.#try();
    }
  }

  async #authenticate(socket: Socket, token: string): Promise<void> {
    try {
      await this.#outbox.send(socket, { type: "authenticate", token, ticket: null });
    } catch (error) {
      if (socket !== this.#socket) return;
      const forGood = error instanceof CommandRefused && error.code === "invalid_credentials";
      return forGood ? this.close("signed_out") : this.#ended(socket, 1013);
    }
    if (socket === this.#socket) this.#begin();
  }

  #begin(): void {
    this.#proof.accepted();
    this.#liveSince = this.#around.now();
    this.#tell({ is: "live" });
  }

  #ended(socket: Socket, code: number): void {
    if (socket !== this.#socket) return;
    const liveFor = this.#liveSince === null ? null : this.#around.now() - this.#liveSince;
    if (this.#setbacks.ended(code, liveFor) === "doubt") this.#proof.doubt();
    this.#drop();
    this.#retry();
  }

  #retry(): void {
    const wait = this.#setbacks.wait(this.#around.random());
    this.#timer = this.#around.after(wait, () => void this.#try());
    this.#tell({ is: "lost", again: this.#around.now() + wait });
  }

  /** The browser does not notice that a network has gone or that it has slept: silence tells. */
  #wake(): void {
    const socket = this.#socket;
    if (!socket) return this.hurry();
    const silent = this.#around.now() - this.#heardAt > silentForTooLong;
    if (silent || socket.readyState > opened) this.#replace(socket);
  }

  #replace(socket: Socket): void {
    if (socket !== this.#socket) return;
    this.#setbacks.hope();
    if (this.contact.is === "live") this.#tell({ is: "lost", again: null });
    void this.#try();
  }

  /** What it says from now on is heard by nobody. */
  #drop(): void {
    this.#tries++;
    this.#timer?.();
    this.#timer = null;
    const socket = this.#socket;
    this.#socket = null;
    this.#liveSince = null;
    socket?.close();
    this.#outbox.lose();
  }

  #tell(contact: Contact): void {
    this.contact = contact;
    this.#listener.contactChanged(contact);
  }
}
