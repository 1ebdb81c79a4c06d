// What the menu of a row offers, by what one may do. What is done, others know.
import Copy from "@lucide/svelte/icons/copy";
import FileBraces from "@lucide/svelte/icons/file-braces";
import FileCode from "@lucide/svelte/icons/file-code";
import FileSpreadsheet from "@lucide/svelte/icons/file-spreadsheet";
import FileText from "@lucide/svelte/icons/file-text";
import Pencil from "@lucide/svelte/icons/pencil";
import Tag from "@lucide/svelte/icons/tag";
import Trash2 from "@lucide/svelte/icons/trash-2";

import type { Item as Deed } from "../ui/Menu.svelte";
import { discard, download, duplicate } from "./acts";
import { type Item, mayChange } from "./reading";

export interface Asks {
  readonly rename: () => void;
  readonly tag: () => void;
}

export function deedsOf(item: Item, asks: Asks, mayRun: boolean): readonly Deed[] {
  const changes: Deed[] = [
    { label: "Rename", icon: Pencil, note: "F2", run: asks.rename },
    { label: "Tags…", icon: Tag, note: "T", run: asks.tag },
  ];
  const copy: Deed = { label: "Duplicate", icon: Copy, run: () => void duplicate(item) };
  const files: Deed[] = [
    { label: "Export as JSON", icon: FileBraces, apart: true, run: () => void download(item, "json") },
    { label: "Export as Markdown", icon: FileText, run: () => void download(item, "markdown") },
    { label: "Export as CSV", icon: FileSpreadsheet, run: () => void download(item, "csv") },
    { label: "Export as a web page", icon: FileCode, run: () => void download(item, "html") },
  ];
  const end: Deed = { label: "Delete", icon: Trash2, danger: true, apart: true, run: () => void discard([item]) };
  return [
    ...(mayRun && mayChange(item) ? changes : []),
    ...(mayRun ? [copy] : []),
    ...files,
    ...(mayRun && item.access === "owner" ? [end] : []),
  ];
}
