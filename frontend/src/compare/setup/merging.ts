// The lanes of an open comparison when they change there, while somebody changes them here. Pure.
import { draftOf, fields, type LaneDraft, newKey, sameSettings, sameValue } from "./lanes";
import type { Lane } from "../../room/wire";

export function standing(lanes: readonly Lane[]): readonly LaneDraft[] {
  return lanes.filter((lane) => !lane.removed).map(draftOf);
}

/** `base`: as they were there when `mine` was last brought up to date with them. */
export function merged(
  base: readonly LaneDraft[],
  mine: readonly LaneDraft[],
  theirs: readonly LaneDraft[],
): readonly LaneDraft[] {
  const before = new Map(base.map((lane) => [lane.id, lane]));
  const now = new Map(theirs.map((lane) => [lane.id, lane]));
  const fresh = theirs.filter((lane) => !before.has(lane.id));
  const kept = mine.flatMap((lane) => {
    const there = lane.id === undefined ? adopted(lane, fresh) : now.get(lane.id);
    if (!there) return gone(lane, before.get(lane.id));
    return [rebased(lane, before.get(there.id) ?? lane, there)];
  });
  const here = new Set(kept.map((lane) => lane.id));
  const all = [...kept, ...theirs.filter((lane) => !here.has(lane.id) && !before.has(lane.id))];
  return sameOrder(base, mine) ? ordered(all, theirs) : all;
}

/** A lane of ours that the server has given an id. */
function adopted(lane: LaneDraft, fresh: LaneDraft[]): LaneDraft | undefined {
  const place = fresh.findIndex((other) => sameSettings(lane, other));
  return place < 0 ? undefined : fresh.splice(place, 1)[0];
}

/** Removed there: what was changed here is not lost with it. */
function gone(lane: LaneDraft, before: LaneDraft | undefined): readonly LaneDraft[] {
  if (lane.id === undefined) return [lane];
  if (!before || sameSettings(lane, before)) return [];
  const { id: _, ...settings } = lane;
  return [{ ...settings, key: newKey() }];
}

/** Field by field: what was changed here stays, the rest is as it is there. */
function rebased(lane: LaneDraft, before: LaneDraft, there: LaneDraft): LaneDraft {
  const changed = fields.filter((field) => !sameValue(field, lane, before));
  const settings = Object.fromEntries(changed.map((field) => [field, lane[field]]));
  const result = { ...there, ...settings, key: lane.key };
  return lane.id === result.id && sameSettings(lane, result) ? lane : result;
}

function sameOrder(base: readonly LaneDraft[], mine: readonly LaneDraft[]): boolean {
  const there = base.map((lane) => lane.id);
  const places = mine.map((lane) => there.indexOf(lane.id)).filter((place) => place >= 0);
  return places.every((place, at) => at === 0 || place > (places[at - 1] ?? 0));
}

/** As they are there; those that are only here come last. */
function ordered(all: readonly LaneDraft[], theirs: readonly LaneDraft[]): readonly LaneDraft[] {
  const places = new Map(theirs.map((lane, place) => [lane.id, place]));
  const placeOf = (lane: LaneDraft): number => (lane.id === undefined ? Infinity : (places.get(lane.id) ?? Infinity));
  return all.toSorted((one, other) => {
    const [first, second] = [placeOf(one), placeOf(other)];
    return first === second ? 0 : first - second;
  });
}
