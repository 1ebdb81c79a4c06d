// Where the time of an answer went, as stretches on an axis that begins when its prompt was sent. Pure.
import type { Response } from "../room/wire";

export type Phase = "queue" | "connect" | "wait" | "reasoning" | "answer";

export interface Stretch {
  readonly phase: Phase;
  /** Milliseconds. */
  readonly from: number;
  readonly to: number;
}

/** What the page itself has seen of an answer that still runs, in milliseconds since its start. */
export interface Seen {
  readonly elapsed: number;
  readonly first: number | null;
  readonly firstAnswer: number | null;
}

export const phaseWords: Record<Phase, string> = {
  queue: "waited here",
  connect: "connecting",
  wait: "waiting for the first token",
  reasoning: "thinking",
  answer: "answering",
};

type Timed = Pick<
  Response,
  "queueMs" | "connectMs" | "timeToFirstTokenMs" | "timeToFirstAnswerMs" | "responseTimeMs" | "endedAt"
>;

export function stretchesOf(response: Timed, seen: Seen | null): readonly Stretch[] {
  return seen ? running(seen) : ended(response);
}

export function endOf(stretches: readonly Stretch[]): number {
  return stretches.at(-1)?.to ?? 0;
}

/** "thinking 4.0 s, answering 2.1 s", with each length said by `say`. */
export function inWords(stretches: readonly Stretch[], say: (milliseconds: number) => string): string {
  return stretches.map(({ phase, from, to }) => `${phaseWords[phase]} ${say(to - from)}`).join(", ");
}

function ended(response: Timed): readonly Stretch[] {
  const sent = response.queueMs ?? 0;
  const total = response.responseTimeMs;
  const first = response.timeToFirstTokenMs ?? total;
  const connected = Math.min(response.connectMs ?? 0, first ?? Infinity);
  return row([
    ["queue", sent],
    ["connect", connected],
    ["wait", (first ?? connected) - connected],
    ...answering(first, response.timeToFirstAnswerMs, total),
  ]);
}

function running({ elapsed, first, firstAnswer }: Seen): readonly Stretch[] {
  return row([["wait", first ?? elapsed], ...answering(first, firstAnswer, elapsed)]);
}

type Length = readonly [Phase, number];

function answering(first: number | null, firstAnswer: number | null, total: number | null): readonly Length[] {
  if (first === null || total === null) return [];
  // Without any piece of an answer, all of it was thinking; without a pause before it, none was.
  const thought = firstAnswer === null ? total : Math.min(firstAnswer, total);
  return [
    ["reasoning", thought - first],
    ["answer", total - thought],
  ];
}

function row(lengths: readonly Length[]): readonly Stretch[] {
  let from = 0;
  return lengths.flatMap(([phase, length]) => {
    if (!(length > 0)) return [];
    const stretch = { phase, from, to: from + length };
    from = stretch.to;
    return [stretch];
  });
}

const mostMarks = 5;
const roundSteps = [1, 2, 5, 10];

/** Round marks for an axis of this length. */
export function marksFor(length: number): readonly number[] {
  if (!(length > 0)) return [];
  const least = length / mostMarks;
  const magnitude = 10 ** Math.floor(Math.log10(least));
  const step = (roundSteps.find((each) => each * magnitude >= least) ?? 10) * magnitude;
  return Array.from({ length: Math.floor(length / step) }, (_, place) => (place + 1) * step);
}
