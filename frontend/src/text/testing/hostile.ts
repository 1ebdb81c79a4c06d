// Answers that mean harm. The list is data, so that tests in a real browser can read it too.
import list from "./hostile.json";

interface Entry {
  name: string;
  before?: string;
  text: string;
  /** How often the text is repeated; once when it says nothing. */
  times?: number;
  after?: string;
}

export interface Payload {
  name: string;
  text: string;
}

export const hostile: readonly Payload[] = (list as Entry[]).map(written);

function written({ name, before = "", text, times = 1, after = "" }: Entry): Payload {
  return { name, text: before + text.repeat(times) + after };
}
