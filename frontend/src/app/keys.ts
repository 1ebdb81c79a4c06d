// Every shortcut there is, with the keys it has unless the user chose others. What they do, the pages know.
import type { Shortcut } from "./shortcuts.svelte";

export type Known = Pick<Shortcut, "name" | "label" | "keys" | "always">;

export interface KeyGroup {
  readonly label: string;
  readonly shortcuts: readonly Known[];
}

const lanes = [1, 2, 3, 4, 5, 6, 7, 8, 9].map(
  (place): Known => ({ name: `lane-${place}`, label: `Go to lane ${place}`, keys: `${place}` }),
);

export const keyGroups: readonly KeyGroup[] = [
  {
    label: "Also while you write",
    shortcuts: [
      { name: "send", label: "Send the prompt", keys: "Mod+Enter", always: true },
      { name: "stop-all", label: "Stop all lanes", keys: "Escape", always: true },
    ],
  },
  {
    label: "The lane you are in",
    shortcuts: [
      { name: "stop", label: "Stop it", keys: "S" },
      { name: "regenerate", label: "Ask it again", keys: "R" },
      { name: "collapse", label: "Collapse or open it", keys: "C" },
      ...lanes,
    ],
  },
  {
    label: "The page",
    shortcuts: [
      { name: "prompt", label: "Write the prompt", keys: "P" },
      { name: "models", label: "Add models", keys: "A" },
      { name: "new", label: "New comparison", keys: "N" },
      { name: "views", label: "Next view: columns, focus, table", keys: "V" },
      { name: "diff", label: "Differences from the base lane", keys: "D" },
      { name: "base", label: "Measure the others by the lane you are in", keys: "B" },
      { name: "together", label: "Scroll all lanes together", keys: "Y" },
      { name: "export", label: "Export", keys: "E" },
      { name: "search", label: "Search", keys: "/" },
      { name: "list", label: "Show these keys", keys: "?" },
    ],
  },
  {
    label: "A list, such as the history",
    shortcuts: [
      { name: "next", label: "Next row", keys: "J" },
      { name: "previous", label: "Previous row", keys: "K" },
      { name: "select", label: "Select the row", keys: "X" },
      { name: "tag", label: "Tag it", keys: "T" },
      { name: "rename", label: "Rename it", keys: "F2" },
      { name: "delete", label: "Delete it", keys: "Delete" },
    ],
  },
];

const byName = new Map(keyGroups.flatMap((group) => group.shortcuts).map((known) => [known.name, known]));

/** A shortcut of the table with what it does here: `shortcut("diff", () => …)`. */
export function shortcut(name: string, run: () => void): Shortcut {
  const known = byName.get(name);
  if (!known) throw new Error(`There is no shortcut called ${name}.`);
  return { ...known, run };
}
