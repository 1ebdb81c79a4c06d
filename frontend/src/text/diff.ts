// Where two answers differ: word by word in code, sentence by sentence in prose. Pure; may take a while.
import { diffArrays } from "diff";

export interface Run {
  kind: "same" | "added" | "removed";
  text: string;
  code: boolean;
}

export interface Comparison {
  runs: Run[];
  /** The part of all letters on both sides that the other side lacks, from 0 to 1. */
  share: number;
}

interface Unit {
  text: string;
  code: boolean;
}

// The search takes quadratic time in the number of differences; what differs more than this is taken as replaced.
const mostDifferences = { lines: 3000, units: 1500 };

/** First by lines, which is fast; then by words and sentences within the lines that differ. */
export function compare(before: string, after: string): Comparison {
  const runs = merged(changes(lines(before), lines(after), mostDifferences.lines).flatMap(refined));
  return { runs, share: shareOf(runs) };
}

interface Change {
  same: Unit[];
  removed: Unit[];
  added: Unit[];
}

function changes(before: Unit[], after: Unit[], most: number): Change[] {
  const numbers = new Map<string, number>();
  const numbered = (units: Unit[]): number[] => units.map((unit) => numberOf(unit, numbers));
  const found = diffArrays(numbered(before), numbered(after), { maxEditLength: most });
  if (!found) return [{ same: [], removed: before, added: after }];
  const list: Change[] = [];
  const [left, right] = [[...before], [...after]];
  for (const { count, added, removed } of found) {
    if (!added && !removed) {
      left.splice(0, count);
      list.push({ same: right.splice(0, count), removed: [], added: [] });
      continue;
    }
    let last = list.at(-1);
    if (!last || last.same.length > 0) list.push((last = { same: [], removed: [], added: [] }));
    if (removed) last.removed.push(...left.splice(0, count));
    else last.added.push(...right.splice(0, count));
  }
  return list;
}

function numberOf({ text, code }: Unit, numbers: Map<string, number>): number {
  const key = `${code ? 1 : 0}${text}`;
  const number = numbers.get(key) ?? numbers.size;
  numbers.set(key, number);
  return number;
}

function refined(change: Change): Run[] {
  if (change.removed.length === 0 || change.added.length === 0) return runsOf(change);
  const [removed, added] = [change.removed.flatMap(unitsOf), change.added.flatMap(unitsOf)];
  return changes(removed, added, mostDifferences.units).flatMap(runsOf);
}

function runsOf({ same, removed, added }: Change): Run[] {
  return [...joined(same, "same"), ...joined(removed, "removed"), ...joined(added, "added")];
}

function merged(runs: Run[]): Run[] {
  const whole: Run[] = [];
  for (const run of runs) {
    const last = whole.at(-1);
    if (last?.kind === run.kind && last.code === run.code) last.text += run.text;
    else whole.push({ ...run });
  }
  return whole;
}

function joined(units: Unit[], kind: Run["kind"]): Run[] {
  const runs: Run[] = [];
  for (const { text, code } of units) {
    const last = runs.at(-1);
    if (last?.code === code) last.text += text;
    else runs.push({ kind, text, code });
  }
  return runs;
}

function unitsOf({ text, code }: Unit): Unit[] {
  return (code ? words(text) : sentences(text)).map((unit) => ({ text: unit, code }));
}

/** Names, spaces and signs; nothing is lost between them. */
function words(line: string): string[] {
  return line.match(/[\p{L}\p{N}_]+|\s+|[^\p{L}\p{N}_\s]/gu) ?? [];
}

// A sentence ends with its mark and what closes with it; the space after it is a unit of its own, so that a last
// sentence equals the same one further up.
const sentence = /\s+|\S(?:[^.!?…。！？\n]|[.!?…](?!["'”’)\]]*\s))*(?:[.!?…]["'”’)\]]*(?=\s)|[。！？]|(?=\s*$))/gu;

function sentences(line: string): string[] {
  return line.match(sentence) ?? [line];
}

function lines(text: string): Unit[] {
  let fence = "";
  return (text.match(/[^\n]*\n|[^\n]+$/g) ?? []).map((line) => {
    const [, mark = ""] = /^\s*(`{3,}|~{3,})/.exec(line) ?? [];
    const opens = mark !== "" && fence === "";
    const closes = mark !== "" && fence !== "" && mark.startsWith(fence);
    const code = fence !== "" || opens;
    if (opens) fence = mark;
    if (closes) fence = "";
    return { text: line, code };
  });
}

function shareOf(runs: Run[]): number {
  const letters = (kind: Run["kind"]): number =>
    runs.reduce((sum, run) => (run.kind === kind ? sum + run.text.length : sum), 0);
  const changed = letters("added") + letters("removed");
  return changed === 0 ? 0 : changed / (changed + 2 * letters("same"));
}
