// A socket that behaves as a browser's does, and the ground on which it stands. For tests only.
import { browser, type Socket, type Surroundings } from "../surroundings";
import type { ClientSays } from "../wire";

/** The other end of the sockets. */
export interface Peer {
  opened(socket: FakeSocket): void;
  heard(socket: FakeSocket, said: ClientSays): void;
  closed?(socket: FakeSocket): void;
}

/** Nothing happens at once: what is sent, opened and closed is noticed a moment later. */
export class FakeSocket extends EventTarget implements Socket {
  readyState = 0;
  bufferedAmount = 0;
  readonly said: ClientSays[] = [];

  constructor(
    readonly query: string,
    readonly peer: Peer,
  ) {
    super();
    queueMicrotask(() => this.readyState === 0 && peer.opened(this));
  }

  send(data: string | ArrayBufferLike | Blob | ArrayBufferView): void {
    if (this.readyState === 0) throw new DOMException("Still in CONNECTING state", "InvalidStateError");
    if (this.readyState !== 1) return;
    const said = JSON.parse(String(data)) as ClientSays;
    this.said.push(said);
    queueMicrotask(() => this.readyState === 1 && this.peer.heard(this, said));
  }

  close(): void {
    if (this.readyState >= 2) return;
    this.readyState = 2;
    queueMicrotask(() => this.ends(1005));
  }

  accept(authenticated = true, version = 1): void {
    this.readyState = 1;
    this.dispatchEvent(new Event("open"));
    this.says({ type: "hello", version, authenticated });
  }

  says(frame: object): void {
    if (this.readyState !== 1) return;
    this.dispatchEvent(new MessageEvent("message", { data: JSON.stringify(frame) }));
  }

  ends(code: number): void {
    if (this.readyState === 3) return;
    this.readyState = 3;
    this.peer.closed?.(this);
    this.dispatchEvent(Object.assign(new Event("close"), { code, reason: "", wasClean: code !== 1006 }));
  }
}

export interface Ground extends Surroundings {
  readonly sockets: FakeSocket[];
  /** The tab is looked at again, or the network is back. */
  wake(): void;
}

/** To be used with false timers. */
export function groundOf(peer: Peer): Ground {
  const sleepers = new Set<() => void>();
  const sockets: FakeSocket[] = [];
  return {
    ...browser,
    sockets,
    random: () => 1,
    openSocket(query) {
      const socket = new FakeSocket(query, peer);
      sockets.push(socket);
      return socket;
    },
    onAwake(act) {
      sleepers.add(act);
      return () => sleepers.delete(act);
    },
    wake: () => sleepers.forEach((act) => act()),
  };
}
