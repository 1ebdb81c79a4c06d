// What can be done to comparisons from their list: each asks the server, says what became of it, offers to undo.
import { answered, api, type Schemas } from "../api/client";
import { notices } from "../app/notices.svelte";
import { router } from "../app/router.svelte";
import { list } from "./list.svelte";
import { Queues } from "./queues";
import type { Item } from "./reading";

/** By the comparison: what changes it must not overtake what changed it before. */
const queues = new Queues();

/** What is shown as done is sent, even if the page is left at once. */
const keepalive = true;

interface OfOne {
  path: { comparison_id: string };
}

export type Format = "json" | "markdown" | "csv" | "html";

/** Shown at once, and taken back when the server does not take it. */
export async function rename(item: Item, title: string): Promise<void> {
  await change(item, { title });
}

export async function retag(item: Item, tags: readonly string[]): Promise<boolean> {
  return change(item, { tags });
}

/** Each keeps its own and gets these. */
export async function addTags(items: readonly Item[], tags: readonly string[]): Promise<void> {
  const done = await Promise.all(items.map((item) => retag(item, [...new Set([...item.tags, ...tags])])));
  const changed = done.filter(Boolean).length;
  if (changed) notices.done(`${counted(changed)} tagged.`);
}

export async function discard(items: readonly Item[]): Promise<void> {
  const gone = await settled(items, discarded);
  if (!gone.length) return;
  const ids = new Set(gone.map((item) => item.sessionId));
  const places = list.items.flatMap((item, place) => (ids.has(item.sessionId) ? [place] : []));
  const back = places.map((place) => ({ item: list.items[place]!, behind: list.items[place - 1]?.sessionId }));
  list.drop(ids);
  const undo = { label: "Undo", run: () => void takeBack(back) };
  notices.done(gone.length === 1 ? `“${nameOf(gone[0]!)}” was deleted.` : `${counted(gone.length)} deleted.`, undo);
}

/** Out of the trash, where it is listed. */
export async function restore(item: Item): Promise<void> {
  const [back] = await settled([item], restored);
  if (!back) return;
  list.drop(new Set([item.sessionId]));
  const open = { label: "Open", run: () => router.go(`/c/${item.sessionId}`) };
  notices.done(`“${nameOf(item)}” is back in the history.`, open);
}

/** A branch from the last turn: everything that was asked and answered, to go on another way. */
export async function duplicate({ sessionId }: Item): Promise<void> {
  const params = { path: { comparison_id: sessionId } };
  try {
    const { turns } = await answered(api.GET("/api/comparisons/{comparison_id}", { params }));
    const turnId = turns.at(-1)?.id ?? "";
    copied(
      await answered(api.POST("/api/comparisons/{comparison_id}/branch", { params, body: { turnId } })),
      "duplicated",
    );
  } catch (error) {
    notices.failed(error);
  }
}

export function copied({ sessionId, title }: Schemas["CopiedComparison"], how: string): void {
  const open = { label: "Open", run: () => router.go(`/c/${sessionId}`) };
  notices.done(`“${title || "Untitled"}” was ${how}.`, open);
  void list.renew();
}

/** The browser saves it. Asking first renews the cookie that the file's address needs. */
export async function download({ sessionId }: Item, format: Format): Promise<void> {
  try {
    await answered(api.GET("/auth/me"));
    location.assign(`/api/comparisons/${sessionId}/export?format=${format}`);
  } catch (error) {
    notices.failed(error);
  }
}

export function nameOf({ title, prompt }: Pick<Item, "title" | "prompt">): string {
  return title || prompt.trim().slice(0, 80) || "Untitled";
}

export function counted(amount: number): string {
  return amount === 1 ? "One comparison" : `${amount} comparisons`;
}

async function change(item: Item, body: { title?: string; tags?: readonly string[] }): Promise<boolean> {
  list.replace({ ...item, ...body });
  try {
    const params = { path: { comparison_id: item.sessionId } };
    const { title, tags } = await queues.wait(item.sessionId, () =>
      answered(api.PATCH("/api/comparisons/{comparison_id}", { params, body, keepalive })),
    );
    // Another question may have been asked meanwhile, and answered as it was before.
    if (!list.replace({ ...item, title, tags })) void list.renew();
    return true;
  } catch (error) {
    list.replace(item);
    notices.failed(error);
    return false;
  }
}

async function takeBack(gone: readonly { item: Item; behind: string | undefined }[]): Promise<void> {
  const back = new Set(await settled(gone.map(({ item }) => item), restored));
  for (const { item, behind } of gone) if (back.has(item)) list.putBack(item, behind);
  if (back.size) notices.say(`${counted(back.size)} restored.`);
}

function discarded(params: OfOne): Promise<unknown> {
  return answered(api.DELETE("/api/comparisons/{comparison_id}", { params, keepalive }));
}

function restored(params: OfOne): Promise<unknown> {
  return answered(api.POST("/api/comparisons/{comparison_id}/restore", { params, keepalive }));
}

/** For which it succeeded; the first failure is told. */
async function settled(items: readonly Item[], act: (params: OfOne) => Promise<unknown>): Promise<Item[]> {
  const ends = await Promise.allSettled(
    items.map(({ sessionId }) => queues.wait(sessionId, () => act({ path: { comparison_id: sessionId } }))),
  );
  const failed = ends.find((end) => end.status === "rejected");
  if (failed) notices.failed(failed.reason);
  return items.filter((_, place) => ends[place]?.status === "fulfilled");
}
