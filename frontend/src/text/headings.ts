// Levels for the headings of an answer: below those of the page, and never one skipped, whatever the answer says.

const levels = ["h3", "h4", "h5", "h6"] as const;

export type HeadingTag = (typeof levels)[number];

export class Headings {
  last: number;

  constructor(last = -1) {
    this.last = last;
  }

  next(depth: number): HeadingTag {
    this.last = Math.min(Math.max(1, depth) - 1, this.last + 1, levels.length - 1);
    return levels[this.last] ?? "h6";
  }
}
