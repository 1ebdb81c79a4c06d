// What the page says first: one line that is true of the last answer, and one that explains it.
import { timeOfDay } from "../format/instant";
import type { Condition, Reading } from "./reading";
import type { Contact } from "./watch.svelte";

export interface Headline {
  condition: Condition | "idle";
  title: string;
  detail: string;
}

export function headline(contact: Contact, reading: Reading | null): Headline {
  if (contact === "lost") return lost(reading);
  if (!reading) return { condition: "idle", title: "Asking the server…", detail: "One moment." };
  const detail = reading.concerns.join(" ");
  switch (reading.condition) {
    case "well":
      return { condition: "well", title: "Everything is well", detail: "The kitchen is open." };
    case "degraded":
      return { condition: "degraded", title: "Working, but not at its best", detail: detail || "One part is not well." };
    case "down":
      return { condition: "down", title: "Out of service", detail: detail || "A part that everything needs is gone." };
  }
}

function lost(reading: Reading | null): Headline {
  const since = reading ? ` The figures are from ${timeOfDay(reading.takenAt)}.` : "";
  return { condition: "down", title: "The server does not answer", detail: `Trying again every few seconds.${since}` };
}
