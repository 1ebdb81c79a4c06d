// Code as runs of one tone each. Asks a worker, so that no grammar, however slow, holds up the page.
import { Errands } from "./errands";

export const tones = [
  "keyword", "string", "number", "comment", "name", "type", "attribute", "meta", "added", "removed", "strong", "soft",
] as const;

export type Tone = (typeof tones)[number];

export interface Run {
  tone: Tone | null;
  text: string;
}

export interface CodeQuestion {
  code: string;
  language: string;
}

const limitMilliseconds = 3000;

const errands = new Errands<CodeQuestion, Run[] | null>(
  () => new Worker(new URL("./colours.worker.ts", import.meta.url), { type: "module" }),
  limitMilliseconds,
);

/** Null when the language is not known, or nobody could colour it. */
export function colours(code: string, language: string): Promise<Run[] | null> {
  return errands.ask({ code, language });
}
