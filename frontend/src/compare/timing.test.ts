import { expect, test } from "vitest";

import { endOf, inWords, marksFor, stretchesOf } from "./timing";

const ended = {
  queueMs: 300,
  connectMs: 80,
  timeToFirstTokenMs: 400,
  timeToFirstAnswerMs: 900,
  responseTimeMs: 2000,
  endedAt: "2026-11-21T12:00:02Z",
};

test("an answer's stretches follow each other, and the wait here comes before what the model took", () => {
  expect(stretchesOf(ended, null)).toEqual([
    { phase: "queue", from: 0, to: 300 },
    { phase: "connect", from: 300, to: 380 },
    { phase: "wait", from: 380, to: 700 },
    { phase: "reasoning", from: 700, to: 1200 },
    { phase: "answer", from: 1200, to: 2300 },
  ]);
});

test("the whole is as long as the queue and the response together", () => {
  expect(endOf(stretchesOf(ended, null))).toBe(ended.queueMs + ended.responseTimeMs);
});

test("an answer that was never begun has only its wait", () => {
  const nothing = { timeToFirstTokenMs: null, timeToFirstAnswerMs: null, responseTimeMs: 5000 };
  expect(stretchesOf({ ...ended, ...nothing, queueMs: null }, null)).toEqual([
    { phase: "connect", from: 0, to: 80 },
    { phase: "wait", from: 80, to: 5000 },
  ]);
});

test("an answer of thoughts alone was thinking to its end", () => {
  const phases = stretchesOf({ ...ended, timeToFirstAnswerMs: null }, null).map(({ phase }) => phase);
  expect(phases).toEqual(["queue", "connect", "wait", "reasoning"]);
});

test("an answer that runs grows by what was seen of it", () => {
  const stretches = stretchesOf(ended, { elapsed: 1500, first: 500, firstAnswer: 1000 });
  expect(stretches.map(({ phase, to }) => [phase, to])).toEqual([
    ["wait", 500],
    ["reasoning", 1000],
    ["answer", 1500],
  ]);
  expect(stretchesOf(ended, { elapsed: 700, first: null, firstAnswer: null })).toEqual([
    { phase: "wait", from: 0, to: 700 },
  ]);
});

test("numbers that contradict each other make no stretch of negative length", () => {
  for (const responseTimeMs of [0, 100, 500]) {
    const stretches = stretchesOf({ ...ended, connectMs: 900, responseTimeMs }, null);
    expect(stretches.every(({ from, to }) => to > from)).toBe(true);
  }
});

test("its stretches can be said", () => {
  expect(inWords(stretchesOf(ended, null).slice(0, 2), (ms) => `${ms} ms`)).toBe("waited here 300 ms, connecting 80 ms");
});

test("an axis has at most five marks, at round moments", () => {
  expect(marksFor(2300)).toEqual([500, 1000, 1500, 2000]);
  expect(marksFor(5000)).toEqual([1000, 2000, 3000, 4000, 5000]);
  expect(marksFor(0)).toEqual([]);
  for (const length of [1, 7, 99, 1234, 60_000, 3_600_000]) {
    const marks = marksFor(length);
    expect(marks.length).toBeGreaterThan(1);
    expect(marks.length).toBeLessThanOrEqual(5);
    expect(marks.at(-1)).toBeLessThanOrEqual(length);
  }
});
