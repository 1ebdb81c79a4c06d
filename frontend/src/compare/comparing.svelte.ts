// One comparison that somebody has open: what is shown of it, and what he does with it. What went wrong is said.
import { untrack } from "svelte";

import { me } from "../app/me.svelte";
import { notices } from "../app/notices.svelte";
import { router } from "../app/router.svelte";
import type { Room } from "../room/room.svelte";
import type { Comparison, Response } from "../room/wire";
import { copyText } from "../ui/clipboard";
import * as actions from "./actions";
import { bareName, type Column, columnsOf, isRunning, runs } from "./columns";
import { Live } from "./live.svelte";
import { Playing } from "./playing.svelte";
import { Together } from "./scrolling";
import { models } from "./setup/models.svelte";
import { endOf, type Stretch, stretchesOf } from "./timing";
import { View } from "./view.svelte";

const shortestAxis = 1000;

export class Comparing {
  readonly room: Room;
  readonly view = new View();
  readonly together = new Together(() => this.view.scrollsTogether);
  playing: Playing | null = $state.raw(null);

  readonly comparison: Comparison | null = $derived.by(() => this.playing?.comparison ?? this.room.comparison);
  readonly columns: readonly Column[] = $derived.by(() => (this.comparison ? columnsOf(this.comparison, nameOf) : []));
  readonly running = $derived.by(() => (this.comparison ? runs(this.comparison) : false));
  readonly focused: Column | undefined = $derived.by(
    () => this.columns.find(({ lane }) => lane.id === this.view.laneId) ?? this.columns[0],
  );
  readonly #ownLive: Live;

  constructor(room: Room) {
    this.room = room;
    this.#ownLive = new Live(() => room.skew ?? 0);
  }

  get live(): Live {
    return this.playing?.live ?? this.#ownLive;
  }

  get mayChange(): boolean {
    const { access } = this.room;
    return !this.playing && (access === "owner" || access === "editor");
  }

  /** Editors who are viewers everywhere else look on here as well. */
  get mayAsk(): boolean {
    return this.mayChange && me.asks;
  }

  get mayShare(): boolean {
    return this.room.access === "owner";
  }

  /** Ticks while something runs; for an effect. */
  follow(): (() => void) | undefined {
    if (!this.running || this.playing) return undefined;
    return untrack(() => this.#ownLive.tick(() => this.room.comparison));
  }

  /** The attempt that is shown of a lane's answers to a prompt. */
  shown(column: Column, turnId: string): Response | null {
    const attempts = column.answers.find(({ turn }) => turn.id === turnId)?.attempts ?? [];
    const latest = attempts.length - 1;
    return attempts[this.view.attempt(turnId, column.lane.id, latest)] ?? null;
  }

  latest(column: Column): Response | null {
    const turn = column.answers.at(-1)?.turn;
    return turn ? this.shown(column, turn.id) : null;
  }

  base(turnId: string): Response | null {
    const column = this.columns.find(({ lane }) => lane.id === this.view.baseId);
    return column ? this.shown(column, turnId) : null;
  }

  stretches(response: Response): readonly Stretch[] {
    return stretchesOf(response, this.live.seen(response));
  }

  /** One for all lanes, so that their bars can be compared. */
  readonly axis = $derived.by(() => {
    const ends = this.columns.map((column) => {
      const response = this.latest(column);
      return response ? endOf(this.stretches(response)) : 0;
    });
    return Math.max(shortestAxis, ...ends);
  });

  /** For ears, and only what matters: an answer ended. */
  standing(): string {
    const ended = this.columns.flatMap((column) => {
      const response = this.latest(column);
      return response && !isRunning(response) ? [`${column.letter} ${response.status}`] : [];
    });
    const all = this.columns.length;
    if (!this.running || ended.length === 0) return "";
    return `${ended.length} of ${all} lanes have ended: ${ended.join(", ")}`;
  }

  stop(response: Response): Promise<void> {
    return said(this.room.stop(response.id));
  }

  async stopAll(): Promise<void> {
    if (this.running) await said(this.room.stopAll());
  }

  async regenerate(response: Response): Promise<void> {
    this.view.showAttempt(response.turnId, response.laneId, null);
    await said(this.room.regenerate(response.id));
  }

  /** The answer that all lanes go on from; a second time takes it back. */
  async choose(response: Response): Promise<void> {
    const turn = this.comparison?.turns.find(({ id }) => id === response.turnId);
    const chosen = turn?.chosenResponseId === response.id ? null : response.id;
    await said(actions.choose(this.room.sessionId, response.turnId, chosen));
  }

  async branch(turnId: string): Promise<void> {
    await said(
      actions.branch(this.room.sessionId, turnId).then((copy) => {
        router.go(`/c/${copy}`);
        notices.done("This is a copy of your own: go on from here another way.");
      }),
    );
  }

  rename(title: string): Promise<void> {
    return said(actions.change(this.room.sessionId, { title }));
  }

  async play(turnId: string): Promise<void> {
    const comparison = this.room.comparison;
    if (!comparison) return;
    await said(
      actions.replay(comparison.sessionId).then((replay) => {
        const playing = new Playing(comparison, replay, turnId);
        if (playing.length > 0) this.playing = playing;
        else notices.done("Nobody recorded how this one went.");
      }),
    );
  }

  endPlaying(): void {
    this.playing?.pause();
    this.playing = null;
  }

  async copy(response: Response): Promise<void> {
    const column = this.columns.find(({ lane }) => lane.id === response.laneId);
    if (await copyText(response.text)) notices.done(`The answer of ${column?.name ?? "the lane"} is copied.`);
    else notices.failed("The browser does not let us copy. Select the text and copy it by hand.");
  }
}


function nameOf(modelId: string): string {
  return models.find(modelId)?.displayName ?? bareName(modelId);
}

async function said(done: Promise<unknown>): Promise<void> {
  try {
    await done;
  } catch (error) {
    notices.failed(error);
  }
}
