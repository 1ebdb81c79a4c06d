// Commands that wait for their answers, by number. Knows no socket.
import type { Ack, Authenticated, CommandError, Joined } from "./wire";

export type Answer = Ack | Authenticated | Joined;

/** The connection was lost before the answer came. What was `sent` may have been done. */
export class Lost extends Error {
  override readonly name = "Lost";

  constructor(readonly sent: boolean) {
    super(sent ? "The connection was lost before the server answered." : "There is no connection to the server.");
  }
}

/** The server did not do it, and nothing was changed. Its words may be shown. */
export class CommandRefused extends Error {
  override readonly name = "CommandRefused";

  constructor(
    message: string,
    readonly code: string,
    readonly details: CommandError["details"] = [],
    /** In seconds. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}

interface Waiting {
  answered(answer: Answer): void;
  failed(error: Error): void;
}

export class Unanswered {
  #waiting = new Map<number, Waiting>();
  #number = 0;

  nextNumber(): number {
    return ++this.#number;
  }

  wait(number: number): Promise<Answer> {
    return new Promise((answered, failed) => this.#waiting.set(number, { answered, failed }));
  }

  waitsFor(number: number): boolean {
    return this.#waiting.has(number);
  }

  /** Answers to what nobody waits for, and errors of frames without a number, are let go. */
  settle(answer: Answer | CommandError): void {
    const waiting = typeof answer.id === "number" ? this.#waiting.get(answer.id) : undefined;
    if (!waiting) return;
    this.#waiting.delete(answer.id as number);
    if (answer.type !== "error") return waiting.answered(answer);
    waiting.failed(new CommandRefused(answer.message, answer.code, answer.details, answer.retryAfter));
  }

  failAll(): void {
    const waiting = [...this.#waiting.values()];
    this.#waiting.clear();
    for (const each of waiting) each.failed(new Lost(true));
  }
}
