// Keys and what they do. A page offers its own while it is shown; the user may change or switch off any of them.
import { untrack } from "svelte";

import { Kept } from "./kept.svelte";

export interface Shortcut {
  /** Names it where the user's own keys are kept. */
  readonly name: string;
  readonly label: string;
  readonly keys: string;
  /** Also while somebody writes. */
  readonly always?: boolean;
  readonly run: () => void;
}

interface Own {
  readonly on: boolean;
  readonly keys: Readonly<Record<string, string>>;
}

const mac = /Mac|iP(hone|ad|od)/.test(globalThis.navigator?.platform ?? "");

/** As `keys` is written: `Mod+Enter`, `?`, `Shift+D`, `Escape`. */
export function keysOf(event: KeyboardEvent): string {
  const printable = event.key.length === 1;
  const key = printable ? event.key.toUpperCase() : event.key;
  const parts = [
    (mac ? event.metaKey : event.ctrlKey) && "Mod",
    event.altKey && "Alt",
    event.shiftKey && (!printable || /[A-Z]/.test(key)) && "Shift",
    key,
  ];
  return parts.filter(Boolean).join("+");
}

/** For eyes. */
export function spoken(keys: string): string {
  return keys.replace("Mod", mac ? "⌘" : "Ctrl").replace("Escape", "Esc").replaceAll("+", " ");
}

class Shortcuts {
  #own = new Kept<Own>("shortcuts", { on: true, keys: {} }, readOwn);
  #offered: ReadonlySet<readonly Shortcut[]> = $state.raw(new Set<readonly Shortcut[]>());

  get on(): boolean {
    return this.#own.value.on;
  }

  set on(on: boolean) {
    this.#own.value = { ...this.#own.value, on };
  }

  get all(): readonly Shortcut[] {
    return [...this.#offered].flat();
  }

  /** Until the returned function is called; so `$effect(() => shortcuts.offer([…]))`. */
  offer(shortcuts: readonly Shortcut[]): () => void {
    this.#offered = new Set([...untrack(() => this.#offered), shortcuts]);
    return () => {
      this.#offered = new Set([...this.#offered].filter((each) => each !== shortcuts));
    };
  }

  keys(shortcut: Pick<Shortcut, "name" | "keys">): string {
    return this.#own.value.keys[shortcut.name] ?? shortcut.keys;
  }

  /** Null: as it was. */
  rebind(name: string, keys: string | null): void {
    const { [name]: _, ...others } = this.#own.value.keys;
    this.#own.value = { ...this.#own.value, keys: keys === null ? others : { ...others, [name]: keys } };
  }

  press(event: KeyboardEvent): void {
    if (event.defaultPrevented || event.isComposing || event.repeat) return;
    const keys = keysOf(event);
    const writes = isWriting(event.target);
    const shortcut = this.all.findLast((each) => this.keys(each) === keys && (each.always || !writes));
    if (!shortcut || (!this.on && !shortcut.always) || document.querySelector("dialog[open], :popover-open")) return;
    event.preventDefault();
    shortcut.run();
  }
}

function isWriting(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target.matches("input, textarea, select"));
}

function readOwn(kept: unknown): Own {
  const { on, keys } = kept as Own;
  return { on: on !== false, keys: Object.fromEntries(Object.entries(keys).map(([name, each]) => [name, String(each)])) };
}

export const shortcuts = new Shortcuts();
