// How fast an answer comes and for how long it has been running: estimates (≈) until its own numbers are there. Pure.
import type { Response } from "./wire";

type Texts = Pick<Response, "text" | "reasoning">;

/** How far the texts had come at an instant: in UTF-16 units, and in tokens since the first mark. */
export interface Mark {
  readonly at: number;
  readonly text: number;
  readonly reasoning: number;
  readonly tokens: number;
}

/** The latest marks of one response, oldest first. */
export type Tempo = readonly Mark[];

const span = 2_000;
const closest = 100;
const soonest = 500;

/** To be called as often as it is looked at. Only what is new is noted, and only one mark older than the span. */
export function heard(tempo: Tempo, { text, reasoning }: Texts, now: number): Tempo {
  const last = tempo.at(-1);
  const mark = { at: now, text: text.length, reasoning: reasoning.length };
  if (!last || mark.text < last.text || mark.reasoning < last.reasoning) return [{ ...mark, tokens: 0 }];
  if (mark.text === last.text && mark.reasoning === last.reasoning) return tempo;
  const tokens = last.tokens + tokensIn(text, last.text) + tokensIn(reasoning, last.reasoning);
  const kept = tempo.slice(Math.max(0, tempo.findLastIndex(({ at }) => at <= now - span)));
  if (kept.length > 1 && now - last.at < closest) return [...kept.slice(0, -1), { ...mark, at: last.at, tokens }];
  return [...kept, { ...mark, tokens }];
}

/** Tokens per second over the last two seconds, or since the last mark before them: a burst after a silence is
 * spread over the silence. Null: too little has come to tell. */
export function tokensPerSecond(tempo: Tempo, now: number): number | null {
  const from = tempo.findLast((mark) => mark.at <= now - span) ?? tempo[0];
  const to = tempo.at(-1);
  if (!from || !to || now - from.at < soonest) return null;
  return ((to.tokens - from.tokens) * 1000) / (now - from.at);
}

/** Milliseconds since it began, or how long it took. Null: it has not begun. `skew` is how far the reader's clock
 * is ahead of the server's. */
export function elapsed(response: Pick<Response, "startedAt" | "endedAt">, now: number, skew = 0): number | null {
  if (response.startedAt === null) return null;
  const end = response.endedAt === null ? now - skew : Date.parse(response.endedAt);
  return Math.max(0, end - Date.parse(response.startedAt));
}

/** The skew as known so far, and what an event that was said at `timestamp` and is heard now tells of it: no more
 * than that, because it was on its way for a while, or is told again to somebody who was away. */
export function nearerSkew(skew: number | null, timestamp: string, now: number): number {
  const seen = now - Date.parse(timestamp);
  return skew === null ? seen : Math.min(skew, seen);
}

const firstWide = 0x2e80;

/** About four letters make a token, but of the scripts of East Asia only one or two. */
function tokensIn(text: string, from: number): number {
  let tokens = 0;
  for (let at = from; at < text.length; at++) tokens += text.charCodeAt(at) < firstWide ? 1 / 4 : 2 / 3;
  return tokens;
}
