// What is said in passing: a line that goes by itself, read out politely, perhaps with something to do about it.

import { untrack } from "svelte";

import { Refused } from "../api/client";

export interface Notice {
  readonly id: number;
  readonly text: string;
  readonly kind: "done" | "failed";
  /** The number of the request that failed, by which the log tells more. */
  readonly requestId?: string;
  readonly act?: { readonly label: string; readonly run: () => void };
}

const seconds = { done: 6, failed: 12 };

class Notices {
  all: readonly Notice[] = $state.raw([]);
  /** For ears only. */
  said = $state("");
  #next = 0;

  done(text: string, act?: Notice["act"]): void {
    this.#add({ id: this.#next++, text, kind: "done", ...(act && { act }) });
  }

  failed(error: unknown): void {
    const requestId = error instanceof Refused ? error.requestId : "";
    this.#add({ id: this.#next++, text: wordsOf(error), kind: "failed", ...(requestId && { requestId }) });
  }

  say(text: string): void {
    // What is said twice has to differ, or it is not read out again. An effect that says it does not depend on it.
    this.said = untrack(() => this.said) === text ? `${text}\u00a0` : text;
  }

  drop(id: number): void {
    this.all = this.all.filter((notice) => notice.id !== id);
  }

  #add(notice: Notice): void {
    this.all = [...untrack(() => this.all).slice(-2), notice];
    this.say(notice.text);
    setTimeout(() => this.drop(notice.id), seconds[notice.kind] * 1000);
  }
}

export function wordsOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

export const notices = new Notices();
