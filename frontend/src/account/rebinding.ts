// Whether keys may be given to a shortcut, and if not, why. Pure; where keys are kept it does not know.
import type { Known } from "../app/keys";

const lone = new Set(["Control", "Shift", "Alt", "Meta", "AltGraph", "CapsLock", "Dead", "Process", "Unidentified"]);
const needed = new Set([
  "Tab",
  "Shift+Tab",
  "Enter",
  "Shift+Enter",
  " ",
  "ArrowUp",
  "ArrowDown",
  "ArrowLeft",
  "ArrowRight",
]);
const browsersOwn = new Set(["Mod+W", "Mod+T", "Mod+N", "Mod+Q", "Mod+Shift+W", "Mod+Shift+T", "Mod+Shift+N"]);

/** Something is still to be pressed: so far it is only Shift, or the like. */
export function isUnfinished(key: string): boolean {
  return lone.has(key);
}

/** Null: nothing speaks against it. `now` says which keys a shortcut has at the moment. */
export function objection(
  keys: string,
  to: Known,
  all: readonly Known[],
  now: (shortcut: Known) => string,
): string | null {
  if (needed.has(keys)) return "This key is needed to move around and to press buttons.";
  if (browsersOwn.has(keys)) return "The browser keeps these keys for itself.";
  if (to.always && isWriting(keys)) return "It works while you write, so it needs Ctrl, ⌘ or Alt.";
  const holder = all.find((other) => other.name !== to.name && now(other) === keys);
  return holder ? `These are the keys of “${holder.label}”.` : null;
}

/** Pressed in a text, it would leave a sign there. */
function isWriting(keys: string): boolean {
  return !/^(Mod|Alt)\+/.test(keys) && [...keys.replace(/^Shift\+/, "")].length === 1;
}
