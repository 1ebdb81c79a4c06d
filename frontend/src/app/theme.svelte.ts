// Light, dark, or as the system has it.
import { Kept, oneOf } from "./kept.svelte";

export type Theme = "system" | "light" | "dark";

const kept = new Kept<Theme>("theme", "system", oneOf("system", "light", "dark"));

export const theme = {
  get value(): Theme {
    return kept.value;
  },
  set value(value: Theme) {
    kept.value = value;
    show();
  },
};

export function show(): void {
  const root = document.documentElement;
  if (kept.value === "system") delete root.dataset["theme"];
  else root.dataset["theme"] = kept.value;
}
