import { expect, test } from "vitest";

import { Fetched, Pages } from "./fetched.svelte";

test("of two answers the one that was asked for later stays, whichever comes first", async () => {
  const answers: ((value: string) => void)[] = [];
  const fetched = new Fetched(() => new Promise<string>((resolve) => answers.push(resolve)));
  const [first, second] = [fetched.load(), fetched.load()];
  answers[1]?.("new");
  await second;
  answers[0]?.("old");
  await first;
  expect(fetched.value).toBe("new");
});

test("what is there stays while it cannot be fetched anew", async () => {
  let works = true;
  const fetched = new Fetched(() => (works ? Promise.resolve("there") : Promise.reject(new Error("gone"))));
  await fetched.load();
  works = false;
  await fetched.load();
  expect([fetched.value, String(fetched.error)]).toEqual(["there", "Error: gone"]);
});

function counting(all: number, size: number): Pages<number> {
  return new Pages((last = 0) => {
    const rest = Math.max(0, Math.min(size, all - last));
    return Promise.resolve(Array.from({ length: rest }, (_, place) => last + place + 1));
  }, size);
}

test.each([0, 1, 5, 6, 10])("of %i items in pages of five each comes once", async (all) => {
  const pages = counting(all, 5);
  await pages.all();
  expect(pages.items).toEqual(Array.from({ length: all }, (_, place) => place + 1));
  expect([pages.begun, pages.complete, pages.busy]).toEqual([true, true, false]);
});

test("a page that fails ends nothing: it can be asked for again", async () => {
  let fails = true;
  const pages = new Pages<number>(() => (fails ? Promise.reject(new Error("gone")) : Promise.resolve([1])), 5);
  await pages.all();
  expect([pages.begun, String(pages.error)]).toEqual([false, "Error: gone"]);
  fails = false;
  await pages.more();
  expect([pages.items, pages.error, pages.complete]).toEqual([[1], null, true]);
});
