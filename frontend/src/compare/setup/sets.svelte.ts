// Lanes that somebody keeps under a name, and those of last time. In this browser.
import { Kept } from "../../app/kept.svelte";
import { inputOf, type LaneInput, type LaneSettings, readLanes } from "./lanes";

export interface LaneSet {
  readonly name: string;
  readonly lanes: readonly LaneInput[];
}

const kept = new Kept<readonly LaneSet[]>("lanes.sets", [], readSets);
const last = new Kept<readonly LaneInput[]>("lanes.last", [], readLanes);

export const sets = {
  get all(): readonly LaneSet[] {
    return kept.value;
  },

  /** In place of one of the same name. */
  save(name: string, lanes: readonly LaneSettings[]): void {
    const others = kept.value.filter((set) => set.name !== name);
    kept.value = [...others, { name, lanes: lanes.map(inputOf) }].toSorted(byName);
  },

  rename(from: string, to: string): void {
    const others = kept.value.filter((set) => set.name !== to || to === from);
    kept.value = others.map((set) => (set.name === from ? { ...set, name: to } : set)).toSorted(byName);
  },

  remove(name: string): void {
    kept.value = kept.value.filter((set) => set.name !== name);
  },

  restore(set: LaneSet): void {
    kept.value = [...kept.value.filter((each) => each.name !== set.name), set].toSorted(byName);
  },
};

export const lastUsed = {
  get lanes(): readonly LaneInput[] {
    return last.value;
  },

  keep(lanes: readonly LaneSettings[]): void {
    last.value = lanes.map(inputOf);
  },
};

function byName(one: LaneSet, other: LaneSet): number {
  return one.name.localeCompare(other.name);
}

function readSets(given: unknown): readonly LaneSet[] {
  if (!Array.isArray(given)) throw new TypeError("no sets");
  return given.map(({ name, lanes }: LaneSet) => ({ name: String(name), lanes: readLanes(lanes) }));
}
