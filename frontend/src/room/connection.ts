// The socket of the page and nothing else: opens it, brings it back, carries commands and their answers.
// Knows no rooms and no screen.
import { type Answer, CommandRefused, Lost, Unanswered } from "./commands";
import { afterClose, backOff, type Contact, type WhyClosed } from "./contact";
import { browser, type Socket, type Surroundings } from "./surroundings";
import type { Command, Hello, ServerSays } from "./wire";

export interface Listener {
  /** What is said to this page, in its order; answers to commands come as promises as well. */
  hear(said: ServerSays): void;
  contactChanged(contact: Contact): void;
}

export interface Credentials {
  /** A new cookie. False: nobody is signed in. Rejects when that cannot be asked now. */
  renew(): Promise<boolean>;
  /** Said in the first frame, where no cookie says who it is. */
  token?: string | undefined;
  /** A one-time proof for each socket, and then no cookie counts. Null: there is none for us any more. */
  ticket?: (() => Promise<string | null>) | undefined;
}

const version = 1;
const opened = 1;
const patienceForHello = 10_000;
const patienceForAnswers = 15_000;
const silentForTooLong = 20_000;
const steadyAfter = 5_000;
const failuresWhenUnwelcome = 5;
const longestFrame = 64 * 1024;
const mostWaiting = 256 * 1024;
const mostWaitingForSignals = 4 * 1024;

export class Connection {
  contact: Contact = { is: "connecting" };

  #listener: Listener;
  #credentials: Credentials;
  #around: Surroundings;
  #socket: Socket | null = null;
  #unanswered = new Unanswered();
  #sleepless: (() => void) | null = null;
  #timer: (() => void) | null = null;
  /** Counts what was begun: whatever comes late from an earlier try is let go. */
  #tries = 0;
  /** In a row. */
  #failures = 0;
  /** How often in a row it was live, but not for long. */
  #relapses = 0;
  #ungreeted = 0;
  #doubtful = false;
  #renewed = false;
  #heardAt = 0;
  #liveSince: number | null = null;

  constructor(listener: Listener, credentials: Credentials, surroundings: Surroundings = browser) {
    this.#listener = listener;
    this.#credentials = credentials;
    this.#around = surroundings;
  }

  /** Also again, after it was closed. */
  open(): void {
    if (this.#sleepless) return;
    this.#sleepless = this.#around.onAwake(() => this.#wake());
    this.#failures = this.#relapses = this.#ungreeted = 0;
    this.#doubtful = this.#renewed = false;
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
    this.#failures = 0;
    void this.#try();
  }

  /** Rejects with Lost or CommandRefused. */
  ask(command: Command): Promise<Answer> {
    const socket = this.#ready(mostWaiting);
    return socket ? this.#send(socket, command) : Promise.reject(new Lost(false));
  }

  /** What is worth nothing later. False: it was not sent. */
  signal(command: Command): boolean {
    const socket = this.#ready(mostWaitingForSignals);
    socket?.send(JSON.stringify(command));
    return socket !== null;
  }

  #ready(mostBuffered: number): Socket | null {
    const socket = this.contact.is === "live" ? this.#socket : null;
    return socket?.readyState === opened && socket.bufferedAmount <= mostBuffered ? socket : null;
  }

  #send(socket: Socket, command: Command): Promise<Answer> {
    const number = this.#unanswered.nextNumber();
    const frame = JSON.stringify({ ...command, id: number });
    if (new TextEncoder().encode(frame).length > longestFrame) {
      return Promise.reject(new CommandRefused("This is too long for the live connection.", "too_large"));
    }
    socket.send(frame);
    const sentAt = this.#around.now();
    this.#around.after(patienceForAnswers, () => {
      if (this.#unanswered.waitsFor(number) && this.#heardAt < sentAt) this.#replace(socket);
    });
    return this.#unanswered.wait(number);
  }

  async #try(): Promise<void> {
    this.#drop();
    const number = this.#tries;
    if (this.contact.is === "lost") this.#tell({ is: "lost", again: null });
    let query: string | null;
    try {
      query = await this.#proof();
    } catch {
      if (number === this.#tries) this.#retry();
      return;
    }
    if (number !== this.#tries) return;
    if (query === null) this.close("signed_out");
    else this.#openSocket(query);
  }

  /** The query that says who it is; null: nobody lets us in any more. */
  async #proof(): Promise<string | null> {
    const { ticket, token, renew } = this.#credentials;
    if (ticket) {
      const proof = await ticket();
      return proof === null ? null : `?ticket=${encodeURIComponent(proof)}`;
    }
    if (!this.#doubtful || token !== undefined) return "";
    if (!(await renew())) return null;
    this.#doubtful = false;
    this.#renewed = true;
    return "";
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
    switch (said.type) {
      case "hello":
        return this.#greeted(socket, said);
      case "ack":
      case "error":
        return this.#unanswered.settle(said);
      case "authenticated":
      case "joined":
        this.#unanswered.settle(said);
    }
    this.#listener.hear(said);
  }

  #greeted(socket: Socket, hello: Hello): void {
    this.#timer?.();
    this.#ungreeted = 0;
    const { token } = this.#credentials;
    if (hello.version !== version) this.close("outdated");
    else if (hello.authenticated) this.#begin();
    else if (token !== undefined) void this.#authenticate(socket, token);
    else if (this.#renewed) this.close("signed_out");
    else {
      this.#doubtful = true;
      void this.#try();
    }
  }

  async #authenticate(socket: Socket, token: string): Promise<void> {
    try {
      await this.#send(socket, { type: "authenticate", token, ticket: null });
    } catch (error) {
      if (socket !== this.#socket) return;
      const forGood = error instanceof CommandRefused && error.code === "invalid_credentials";
      return forGood ? this.close("signed_out") : this.#ended(socket, 1013);
    }
    if (socket === this.#socket) this.#begin();
  }

  #begin(): void {
    this.#renewed = false;
    this.#liveSince = this.#around.now();
    this.#tell({ is: "live" });
  }

  #ended(socket: Socket, code: number): void {
    if (socket !== this.#socket) return;
    if (this.#liveSince !== null) this.#relapse(this.#liveSince);
    const when = afterClose(code);
    // A browser does not say why a handshake failed: a cookie that is worth nothing looks like a server that is away.
    const refused = this.#liveSince === null && ++this.#ungreeted === 2;
    if (when === "signed_in" || refused) this.#doubtful = true;
    if (when === "later") this.#failures = Math.max(this.#failures, failuresWhenUnwelcome);
    this.#drop();
    this.#retry();
  }

  /** That the server could not be reached before does not count any more, but that it ends each time does. */
  #relapse(liveSince: number): void {
    if (this.#around.now() - liveSince >= steadyAfter) this.#relapses = 0;
    this.#failures = this.#relapses++;
  }

  #retry(): void {
    const wait = backOff(++this.#failures, this.#around.random());
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
    this.#failures = 0;
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
    this.#unanswered.failAll();
  }

  #tell(contact: Contact): void {
    this.contact = contact;
    this.#listener.contactChanged(contact);
  }
}
