import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { Errands } from "./errands";

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

class SlowWorker {
  onmessage: ((event: { data: string }) => void) | null = null;
  onerror: (() => void) | null = null;
  terminated = false;

  postMessage(question: string): void {
    if (question === "hang") return;
    if (question === "break") setTimeout(() => this.onerror?.(), 5);
    else setTimeout(() => this.onmessage?.({ data: `${question}!` }), 10);
  }

  terminate(): void {
    this.terminated = true;
  }
}

function office(): { errands: Errands<string, string>; workers: SlowWorker[] } {
  const workers: SlowWorker[] = [];
  const hire = (): Worker => {
    const worker = new SlowWorker();
    workers.push(worker);
    return worker as unknown as Worker;
  };
  return { errands: new Errands(hire, 1000), workers };
}

test("questions are answered in their order by one worker", async () => {
  const { errands, workers } = office();
  const answers = Promise.all([errands.ask("a"), errands.ask("b")]);
  await vi.advanceTimersByTimeAsync(50);
  expect(await answers).toEqual(["a!", "b!"]);
  expect(workers).toHaveLength(1);
});

test("one that hangs or breaks is replaced, and the next question is answered", async () => {
  const { errands, workers } = office();
  const answers = Promise.all([errands.ask("hang"), errands.ask("break"), errands.ask("c")]);
  await vi.advanceTimersByTimeAsync(1100);
  expect(await answers).toEqual([null, null, "c!"]);
  expect(workers.map((worker) => worker.terminated)).toEqual([true, true, false]);
});

test("where no worker can be had the answer is nothing", async () => {
  const errands = new Errands<string, string>(() => {
    throw new Error("no workers here");
  }, 1000);
  expect(await errands.ask("a")).toBeNull();
});
