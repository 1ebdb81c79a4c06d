import { expect, test } from "vitest";

import { elapsed, heard, nearerSkew, type Tempo, tokensPerSecond } from "./tempo";

const words = (tokens: number): string => "abc ".repeat(tokens);

/** An answer that gets so many tokens with each step. */
function streamed(tokens: number, every: number, steps: number, from: Tempo = [], start = 0, known = 0): Tempo {
  let tempo = from;
  for (let step = 1; step <= steps; step++) {
    tempo = heard(tempo, { text: words(known + step * tokens), reasoning: "" }, start + step * every);
  }
  return tempo;
}

test("a steady stream has its own rate, however often it is looked at", () => {
  expect(tokensPerSecond(streamed(8, 100, 50), 5000)).toBeCloseTo(80, 0);
  expect(tokensPerSecond(streamed(1, 16, 400), 6400)).toBeCloseTo(62.5, -1);
  expect(tokensPerSecond(streamed(40, 500, 12), 6000)).toBeCloseTo(80, 0);
});

test("who comes in the middle of an answer does not take what was there for speed", () => {
  const begun = heard([], { text: words(5000), reasoning: words(2000) }, 0);
  expect(tokensPerSecond(begun, 0)).toBeNull();
  expect(tokensPerSecond(streamed(8, 100, 30, begun, 0, 5000), 3000)).toBeLessThan(100);
});

test("what was missed comes at once, and is spread over the time in which it was missed", () => {
  const before = streamed(8, 100, 50);
  const back = heard(before, { text: words(400 + 800), reasoning: "" }, 15_000);
  expect(tokensPerSecond(back, 15_000)).toBeCloseTo(80, 0);
});

test("a stall is slower and slower, and then it is none", () => {
  const tempo = streamed(8, 100, 50);
  expect(tokensPerSecond(tempo, 6000)).toBeCloseTo(40, -1);
  expect(tokensPerSecond(tempo, 9000)).toBe(0);
});

test("thoughts count as answers do, and other scripts have more tokens to a letter", () => {
  const thinking = heard(heard([], { text: "", reasoning: "" }, 0), { text: "", reasoning: words(100) }, 1000);
  expect(tokensPerSecond(thinking, 1000)).toBeCloseTo(100);
  const japanese = heard(heard([], { text: "", reasoning: "" }, 0), { text: "日".repeat(150), reasoning: "" }, 1000);
  expect(tokensPerSecond(japanese, 1000)).toBeCloseTo(100);
});

test("the marks of a long answer are few", () => {
  expect(streamed(1, 8, 10_000).length).toBeLessThan(30);
});

test("nothing new leaves the marks as they are, and another text begins anew", () => {
  const tempo = streamed(8, 100, 5);
  expect(heard(tempo, { text: words(40), reasoning: "" }, 9000)).toBe(tempo);
  expect(heard(tempo, { text: "a", reasoning: "" }, 9000)).toHaveLength(1);
});

test("time runs from the start to the end, on the server's clock", () => {
  const startedAt = "2026-11-21T12:00:00.500Z";
  const now = Date.parse("2026-11-21T12:00:03Z");
  expect(elapsed({ startedAt: null, endedAt: null }, now)).toBeNull();
  expect(elapsed({ startedAt, endedAt: null }, now)).toBe(2500);
  expect(elapsed({ startedAt, endedAt: null }, now + 60_000, 60_000)).toBe(2500);
  expect(elapsed({ startedAt, endedAt: null }, now - 60_000)).toBe(0);
  expect(elapsed({ startedAt, endedAt: "2026-11-21T12:00:01Z" }, now)).toBe(500);
});

test("an event that was long on its way says little of the clocks", () => {
  const said = "2026-11-21T12:00:00Z";
  const first = nearerSkew(null, said, Date.parse(said) + 9000);
  expect(first).toBe(9000);
  expect(nearerSkew(first, said, Date.parse(said) + 40)).toBe(40);
  expect(nearerSkew(40, said, Date.parse(said) + 9000)).toBe(40);
});
