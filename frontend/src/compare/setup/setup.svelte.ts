// What is going to be asked of whom: the prompt, its files, the lanes. Knows no screen and sends nothing.
import { untrack } from "svelte";

import type { Schemas } from "../../api/client";
import type { Comparison } from "../../room/wire";
import { Attachments } from "./attachments.svelte";
import { keepDraft, readDraft } from "./drafts";
import type { Question } from "./estimate.svelte";
import { changeOf, copyOf, draftOf, inputOf, isSame, withFullName } from "./lanes";
import type { LaneChange, LaneDraft, LaneInput, LaneSettings } from "./lanes";
import { fromLink, isLink, toLink } from "./links";
import { merged, standing } from "./merging";
import { models as catalogue, type Model } from "./models.svelte";
import { noProblems, type Problems, problemsOf } from "./problems";
import { lastUsed } from "./sets.svelte";

type HistoryMode = Comparison["historyMode"];
/** What is asked of the catalogue. */
type Catalogue = { find(id: string): Model | undefined; suggested(): readonly Model[] };

export class Setup {
  prompt = $state("");
  lanes: readonly LaneDraft[] = $state.raw([]);
  historyMode: HistoryMode = $state("isolated");
  readonly attachments = new Attachments();
  /** What the server could not use. */
  problems: Problems = $state.raw(noProblems);
  /** Of the comparison that is open; empty: a new one is set up. */
  sessionId = $state("");
  /** Whether it is said whom to ask; before that, the catalogue may have to help. */
  settled = $state(false);

  /** As they are in the comparison. */
  #there: { lanes: readonly LaneDraft[]; historyMode: HistoryMode } = { lanes: [], historyMode: "isolated" };
  #seen: Comparison["lanes"] | null = null;
  #begun = false;

  /** A new comparison: from a link, or as it was left here last time. */
  begin(params = new URLSearchParams()): void {
    untrack(() => {
      this.#leave();
      const draft = readDraft("");
      const linked = isLink(params) ? fromLink(params) : {};
      this.sessionId = "";
      this.prompt = linked.prompt ?? draft.prompt;
      this.historyMode = linked.historyMode ?? draft.historyMode ?? "isolated";
      this.lanes = linked.lanes ?? lastUsed.lanes.map(draftOf);
      this.attachments.replace(draft.attachments);
      this.problems = noProblems;
      this.#seen = null;
      this.settled = linked.lanes !== undefined;
    });
  }

  /** Once the catalogue is there: bare names get their ids, and who has nobody to ask gets suggestions. */
  settle(models: Catalogue): void {
    untrack(() => {
      const unusable = this.lanes.every((lane) => !models.find(lane.modelId)?.available);
      if (!this.settled && unusable) this.addModels(models.suggested().map(({ id }) => id), { instead: true });
      this.settled = true;
      this.lanes = this.lanes.map((lane) => withFullName(lane, (name) => models.find(name)));
    });
  }

  /** Takes over the lanes of a comparison that is open, when they change there; keeps what is being changed here. */
  follow(comparison: Comparison): void {
    untrack(() => {
      const { sessionId, lanes, historyMode } = comparison;
      const isOther = sessionId !== this.sessionId;
      if (!isOther && lanes === this.#seen && historyMode === this.#there.historyMode) return;
      const theirs = standing(lanes);
      if (isOther) this.#open(sessionId, theirs);
      else this.lanes = merged(this.#there.lanes, this.lanes, theirs);
      if (isOther || this.historyMode === this.#there.historyMode) this.historyMode = historyMode;
      this.#there = { lanes: theirs, historyMode };
      this.#seen = lanes;
      this.settled = true;
    });
  }

  addModels(ids: readonly string[], { instead = false } = {}): void {
    const fresh = ids.map((modelId) => draftOf({ modelId }));
    this.lanes = instead ? fresh : [...this.lanes, ...fresh];
  }

  apply(lanes: readonly LaneInput[]): void {
    this.lanes = lanes.map(draftOf);
  }

  change(key: string, change: Partial<LaneSettings>): void {
    this.lanes = this.lanes.map((lane) => (lane.key === key ? { ...lane, ...change } : lane));
  }

  changeAll(change: Partial<LaneSettings>): void {
    this.lanes = this.lanes.map((lane) => ({ ...lane, ...change }));
  }

  duplicate(key: string): void {
    this.lanes = this.lanes.flatMap((lane) => (lane.key === key ? [lane, copyOf(lane)] : [lane]));
  }

  remove(key: string): void {
    this.lanes = this.lanes.filter((lane) => lane.key !== key);
  }

  /** To that place among the others. */
  move(key: string, place: number): void {
    const lane = this.lanes.find((each) => each.key === key);
    if (lane) this.lanes = this.lanes.filter((each) => each !== lane).toSpliced(Math.max(0, place), 0, lane);
  }

  toCreate(): Schemas["CreateComparison"] {
    return { prompt: this.prompt, lanes: this.lanes.map(inputOf), historyMode: this.historyMode, ...this.#enclosed() };
  }

  toTurn(): Schemas["StartTurn"] {
    return { prompt: this.prompt, ...this.#enclosed() };
  }

  /** Null: they are as they are there. */
  laneChanges(comparison: Pick<Comparison, "lanes">): readonly LaneChange[] | null {
    return this.#changed(standing(comparison.lanes));
  }

  /** All that has to be changed in the comparison before the next prompt; null: nothing. */
  changes(comparison: Pick<Comparison, "lanes" | "historyMode">): Schemas["ChangeComparison"] | null {
    const lanes = this.laneChanges(comparison);
    const historyMode = this.historyMode === comparison.historyMode ? null : this.historyMode;
    return lanes || historyMode ? { ...(lanes && { lanes }), ...(historyMode && { historyMode }) } : null;
  }

  /** Null: there is nothing to be estimated yet. */
  toEstimate(): Question | null {
    const { prompt, lanes } = this;
    if (!prompt.trim() || lanes.length === 0 || this.attachments.busy) return null;
    const session = this.sessionId ? { sessionId: this.sessionId } : {};
    return { lanes, body: { prompt, lanes: lanes.map(changeOf), ...session, ...this.#enclosed() } };
  }

  /** For as long as the browser remembers it. */
  keep(): void {
    const { sessionId, prompt, historyMode } = this;
    const lanes = sessionId ? this.#changed(this.#there.lanes) : null;
    // The history mode of a comparison is what it is there, until it is changed with the next prompt.
    const mode = sessionId ? {} : { historyMode };
    keepDraft(sessionId, { prompt, attachments: this.attachments.ready, ...mode, ...(lanes && { lanes }) });
    if (!sessionId && this.settled && this.lanes.length > 0) lastUsed.keep(this.lanes);
  }

  /** It was taken: the next prompt is an empty one. `slot`: where it was written. */
  sent(slot: string): void {
    keepDraft(slot, { prompt: "", attachments: [] });
    lastUsed.keep(this.lanes);
    catalogue.used(this.lanes.map((lane) => catalogue.find(lane.modelId)?.id ?? lane.modelId));
    this.prompt = "";
    this.attachments.replace([]);
    this.problems = noProblems;
  }

  refused(error: unknown): void {
    this.problems = problemsOf(error, this.lanes, this.prompt);
  }

  toUrl(): string {
    return toLink(this);
  }

  /** What was written for another comparison is kept for it. */
  #leave(): void {
    if (this.#begun) this.keep();
    this.#begun = true;
  }

  #open(sessionId: string, theirs: readonly LaneDraft[]): void {
    this.#leave();
    const draft = readDraft(sessionId);
    const there = new Set(theirs.map((lane) => lane.id));
    this.sessionId = sessionId;
    this.lanes = draft.lanes?.map(draftOf).filter((lane) => lane.id === undefined || there.has(lane.id)) ?? theirs;
    this.prompt = draft.prompt;
    this.attachments.replace(draft.attachments);
    this.problems = noProblems;
  }

  #changed(there: readonly LaneDraft[]): readonly LaneChange[] | null {
    const same = there.length === this.lanes.length && this.lanes.every((lane, at) => isSame(lane, there[at]));
    return same ? null : this.lanes.map(changeOf);
  }

  #enclosed(): { attachments?: readonly string[] } {
    const { ids } = this.attachments;
    return ids.length > 0 ? { attachments: ids } : {};
  }
}
