// What goes out over a socket: commands, which get their answers, and signals, which want none. Nothing is sent that is
// too long or would join a queue that does not move. Knows neither who speaks nor how a socket comes about.
import { type Answer, CommandRefused, Lost, Unanswered } from "./commands";
import type { Socket, Surroundings } from "./surroundings";
import type { Command, ServerSays } from "./wire";

const opened = 1;
const patienceForAnswers = 15_000;
const longestFrame = 64 * 1024;
const mostWaiting = 256 * 1024;
const mostWaitingForSignals = 4 * 1024;

/** A command that was sent then still has no answer. */
type Overdue = (socket: Socket, sentAt: number) => void;

export class Outbox {
  #around: Pick<Surroundings, "after" | "now">;
  #overdue: Overdue;
  #unanswered = new Unanswered();

  constructor(around: Pick<Surroundings, "after" | "now">, overdue: Overdue) {
    this.#around = around;
    this.#overdue = overdue;
  }

  /** Rejects with Lost or CommandRefused. */
  ask(socket: Socket | null, command: Command): Promise<Answer> {
    return moves(socket, mostWaiting) ? this.send(socket, command) : Promise.reject(new Lost(false));
  }

  /** False: it was not sent. */
  signal(socket: Socket | null, command: Command): boolean {
    if (!moves(socket, mostWaitingForSignals)) return false;
    socket.send(JSON.stringify(command));
    return true;
  }

  /** However much waits to go out already. */
  send(socket: Socket, command: Command): Promise<Answer> {
    const number = this.#unanswered.nextNumber();
    const frame = JSON.stringify({ ...command, id: number });
    if (new TextEncoder().encode(frame).length > longestFrame) {
      return Promise.reject(new CommandRefused("This is too long for the live connection.", "too_large"));
    }
    socket.send(frame);
    const sentAt = this.#around.now();
    this.#around.after(patienceForAnswers, () => {
      if (this.#unanswered.waitsFor(number)) this.#overdue(socket, sentAt);
    });
    return this.#unanswered.wait(number);
  }

  /** True: it was an answer, and is news to nobody else. */
  settles(said: ServerSays): boolean {
    const onlyAnswers = said.type === "ack" || said.type === "error";
    if (onlyAnswers || said.type === "authenticated" || said.type === "joined") this.#unanswered.settle(said);
    return onlyAnswers;
  }

  /** The socket is gone, and with it all answers. */
  lose(): void {
    this.#unanswered.failAll();
  }
}

function moves(socket: Socket | null, mostBuffered: number): socket is Socket {
  return socket?.readyState === opened && socket.bufferedAmount <= mostBuffered;
}
