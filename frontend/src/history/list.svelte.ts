// The comparisons that were found, as far as they were read. Knows no row, no scrolling, no address.
import { answered, api, type Schemas } from "../api/client";
import type { Question } from "./filters";
import type { Item } from "./reading";
import { further, renewed } from "./stretch";

type Page = Schemas["HistoryPage"];

const pageSize = 50;

export class HistoryList {
  items: readonly Item[] = $state.raw([]);
  /** Of all that one sees; null: not asked, or too many to count. */
  total: number | null = $state.raw(null);
  reading = $state(false);
  /** What is shown still answers the question before. */
  outdated = $state(false);
  error: unknown = $state.raw(null);
  /** There is nothing beyond. */
  over = $state(false);
  /** The last change came from above, not from the end. */
  grewAbove = $state(false);

  #key: string | null = null;
  #question: Question = {};
  #next: string | undefined;
  #known = new Set<string>();
  /** By which cursor the pages were read, and behind which item each begins. */
  #pages: { readonly behind: string; readonly cursor: string }[] = [];
  #asking = new AbortController();

  /** `key` names the question and who asks it: the same list again is kept, and only renewed. */
  async show(key: string, question: Question): Promise<void> {
    if (key === this.#key && !this.error && !this.outdated) return this.renew();
    this.#asking.abort();
    this.#asking = new AbortController();
    this.#key = key;
    this.#question = question;
    this.outdated = true;
    await this.#read(() => this.#begin());
  }

  async more(): Promise<void> {
    if (this.reading || this.over || this.outdated) return;
    await this.#read(() => this.#goOn(this.items.length + 1));
  }

  async again(): Promise<void> {
    await this.#read(() => (this.outdated ? this.#begin() : this.#goOn(this.items.length + 1)));
  }

  /** Looks again at the newest, and at the page around an item. Whatever fails, what is shown stays. */
  async renew(around?: string): Promise<void> {
    const { signal } = this.#asking;
    try {
      await this.#renewPage(undefined, 0, signal);
      const page = this.#pageOf(around);
      if (page) await this.#renewPage(page.cursor, page.start, signal);
    } catch {
      // Nobody asked for it; the next look may succeed.
    }
  }

  /** Whether it is listed. */
  replace(item: Item): boolean {
    const there = this.items.some((each) => each.sessionId === item.sessionId);
    if (there) this.items = this.items.map((each) => (each.sessionId === item.sessionId ? item : each));
    return there;
  }

  drop(ids: ReadonlySet<string>): void {
    this.grewAbove = false;
    this.items = this.items.filter((item) => !ids.has(item.sessionId));
    if (this.total !== null) this.total -= ids.size;
  }

  /** Behind the item that it stood behind. */
  putBack(item: Item, behind: string | undefined): void {
    if (this.items.some((each) => each.sessionId === item.sessionId)) return;
    const place = this.items.findIndex((each) => each.sessionId === behind) + 1;
    this.items = [...this.items.slice(0, place), item, ...this.items.slice(place)];
    this.#known.add(item.sessionId);
    if (this.total !== null) this.total += 1;
  }

  async #read(reading: () => Promise<void>): Promise<void> {
    const asking = this.#asking;
    this.reading = true;
    this.error = null;
    try {
      await reading();
    } catch (error) {
      if (asking === this.#asking) this.error = error;
    } finally {
      if (asking === this.#asking) this.reading = false;
    }
  }

  async #begin(): Promise<void> {
    const page = await this.#ask(undefined, this.#asking.signal);
    this.grewAbove = false;
    this.items = page.items;
    this.total = page.total;
    this.#known = new Set(page.items.map((item) => item.sessionId));
    this.#pages = [];
    this.outdated = false;
    this.#follow(page);
    await this.#goOn(pageSize / 2);
  }

  /** A page of what is rare may be short and have a next one all the same. */
  async #goOn(wanted: number): Promise<void> {
    const { signal } = this.#asking;
    while (!this.over && this.items.length < wanted) {
      const page = await this.#ask(this.#next, signal);
      this.grewAbove = false;
      this.items = further(this.items, this.#known, page.items);
      for (const item of page.items) this.#known.add(item.sessionId);
      this.#follow(page);
    }
  }

  #follow(page: Page): void {
    this.#next = page.nextCursor ?? undefined;
    this.over = page.nextCursor === null;
    const last = this.items.at(-1);
    if (last && page.nextCursor !== null) this.#pages.push({ behind: last.sessionId, cursor: page.nextCursor });
  }

  #pageOf(id: string | undefined): { cursor: string; start: number } | null {
    const places = new Map(this.items.map((item, place) => [item.sessionId, place]));
    const place = id === undefined ? -1 : (places.get(id) ?? -1);
    for (const { behind, cursor } of this.#pages.toReversed()) {
      const start = (places.get(behind) ?? Number.POSITIVE_INFINITY) + 1;
      if (start <= place) return { cursor, start };
    }
    return null;
  }

  async #renewPage(cursor: string | undefined, start: number, signal: AbortSignal): Promise<void> {
    const page = await this.#ask(cursor, signal);
    const before = this.items.length;
    const last = page.nextCursor === null;
    const items = renewed(this.items, start, page.items, last);
    this.grewAbove = items.length > before;
    this.items = items;
    for (const item of page.items) this.#known.add(item.sessionId);
    if (cursor === undefined) this.total = page.total;
    if (last) this.over = true;
  }

  async #ask(cursor: string | undefined, signal: AbortSignal): Promise<Page> {
    const query = { ...this.#question, limit: pageSize, ...(cursor !== undefined && { cursor }) };
    const page = await answered(api.GET("/api/comparisons", { params: { query }, signal }));
    signal.throwIfAborted();
    return page;
  }
}

/** Kept while other pages are looked at, so that back leads to where one was. */
export const list = new HistoryList();
