import { expect, test } from "vitest";

import { Queues } from "./queues";

function deed(said: string[], name: string) {
  let end: (failed: boolean) => void = () => undefined;
  const act = () =>
    new Promise<string>((resolve, reject) => {
      said.push(name);
      end = (failed) => (failed ? reject(new Error(name)) : resolve(name));
    });
  return { act, succeeds: () => end(false), fails: () => end(true) };
}

const soon = () => new Promise((resolve) => setTimeout(resolve));

test("deeds on one thing are done one after another, those on others beside them", async () => {
  const queues = new Queues();
  const said: string[] = [];
  const [tag, rename, other] = [deed(said, "tag"), deed(said, "rename"), deed(said, "other")];
  const ends = [queues.wait("a", tag.act), queues.wait("a", rename.act), queues.wait("b", other.act)];
  await soon();
  expect(said).toEqual(["tag", "other"]);
  tag.succeeds();
  await soon();
  expect(said).toEqual(["tag", "other", "rename"]);
  rename.succeeds();
  other.succeeds();
  expect(await Promise.all(ends)).toEqual(["tag", "rename", "other"]);
  await soon();
  expect(queues.size).toBe(0);
});

test("a deed that failed says so to who asked for it, and holds up nobody", async () => {
  const queues = new Queues();
  const said: string[] = [];
  const [first, second] = [deed(said, "first"), deed(said, "second")];
  const failing = queues.wait("a", first.act);
  const waiting = queues.wait("a", second.act);
  first.fails();
  await expect(failing).rejects.toThrow("first");
  await soon();
  second.succeeds();
  expect(await waiting).toBe("second");
});
