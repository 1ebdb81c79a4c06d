// How a page proves who it is: by its cookie, which may have run out, by a token, or by a ticket for each socket.
// Knows no socket.

import type { WhyClosed } from "./contact";

export interface Credentials {
  /** A new cookie. False: nobody is signed in. Rejects when that cannot be asked now. */
  renew(): Promise<boolean>;
  /** Said in the first frame, where no cookie says who it is. */
  token?: string | undefined;
  /** A one-time proof for each socket, and then no cookie counts. Null: there is none for us any more. */
  ticket?: (() => Promise<string | null>) | undefined;
}

export class Proof {
  #credentials: Credentials;
  /** The cookie may be worth nothing. */
  #doubtful = false;
  /** The cookie is new, and nobody has accepted it yet. */
  #renewed = false;

  constructor(credentials: Credentials) {
    this.#credentials = credentials;
  }

  get token(): string | undefined {
    return this.#credentials.token;
  }

  /** Whoever has no ticket came by a link, and it is that which has ended. */
  get end(): WhyClosed {
    return this.#credentials.ticket ? "access_ended" : "signed_out";
  }

  get renewed(): boolean {
    return this.#renewed;
  }

  /** The query that says who it is; null: nobody lets us in any more. */
  async query(): Promise<string | null> {
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

  doubt(): void {
    this.#doubtful = true;
  }

  accepted(): void {
    this.#renewed = false;
  }

  /** As if nothing had been tried yet. */
  reset(): void {
    this.#doubtful = this.#renewed = false;
  }
}
