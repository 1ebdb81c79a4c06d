import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Estimating, type Question } from "./estimate.svelte";
import { draftOf } from "./lanes";

const asked: Request[] = [];
let answer: (request: Request) => Promise<Response>;

beforeEach(() => {
  vi.useFakeTimers();
  asked.length = 0;
  vi.stubGlobal("fetch", (request: Request) => {
    asked.push(request);
    return answer(request);
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function question(prompt: string): Question {
  return { lanes: [draftOf({ modelId: "a/b" })], body: { prompt, lanes: [{ modelId: "a/b" }] } };
}

function json(body: unknown, status = 200): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return Promise.resolve(new Response(JSON.stringify(body), { status, headers }));
}

test("nothing is asked before somebody has stopped typing for a moment", async () => {
  answer = () => json({ lanes: [] });
  const estimating = new Estimating();
  for (const prompt of ["H", "He", "Hello"]) {
    estimating.ask(question(prompt));
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(asked).toHaveLength(0);
  await vi.advanceTimersByTimeAsync(500);
  expect(await Promise.all(asked.map((request) => request.json()))).toMatchObject([{ prompt: "Hello" }]);
  expect(estimating.busy).toBe(false);
});

test("an earlier question is given up, and its answer counts no more", async () => {
  let arrive: (response: Response) => void = () => {};
  answer = () => new Promise((resolve) => (arrive = resolve));
  const estimating = new Estimating();
  estimating.ask(question("old"));
  await vi.advanceTimersByTimeAsync(500);
  estimating.ask(null);
  expect(asked[0]?.signal.aborted).toBe(true);
  arrive(await json({ lanes: ["old"] }));
  await vi.advanceTimersByTimeAsync(10);
  expect(estimating.answer).toBeNull();
});

test("an estimate is of exactly the lanes it was asked for", async () => {
  answer = () => json({ lanes: [{ modelId: "a/b", inputTokens: 3 }] });
  const estimating = new Estimating();
  const { lanes, body } = question("Hi");
  estimating.ask({ lanes, body });
  await vi.advanceTimersByTimeAsync(500);
  expect(estimating.of(lanes[0]!)?.inputTokens).toBe(3);
  expect(estimating.of({ ...lanes[0]! })).toBeUndefined();
});

test("what the server cannot use is said of its lane, and the rest stays quiet", async () => {
  const details = [{ field: "lanes.0.modelId", message: "There is no such model." }];
  answer = () => json({ message: "No.", requestId: "r", code: "validation_failed", details }, 422);
  const estimating = new Estimating();
  const { lanes, body } = question("Hi");
  estimating.ask({ lanes, body });
  await vi.advanceTimersByTimeAsync(500);
  expect(estimating.problems.lanes.get(lanes[0]!)?.[0]?.message).toBe("There is no such model.");
  answer = () => json({ message: "Broken.", requestId: "r" }, 500);
  estimating.ask({ lanes, body });
  await vi.advanceTimersByTimeAsync(500);
  expect(estimating.problems.rest).toBeNull();
  expect(estimating.busy).toBe(false);
});
