// All that the composer shows of a set-up: each lane with its model, what is against it, and whether one can send.
import { colourOf, letterOf } from "../columns";
import type { Schemas } from "../../api/client";
import { Estimating } from "./estimate.svelte";
import { type LaneDraft, mostLanes } from "./lanes";
import { type Model, models } from "./models.svelte";
import { type Objection, objectionTo, whyNot } from "./objections";
import type { FieldProblem } from "./problems";
import { nameOfModel, type Setting, settingsOf } from "./settings";
import type { Setup } from "./setup.svelte";

export interface LaneView {
  readonly lane: LaneDraft;
  readonly letter: string;
  readonly colour: string;
  readonly name: string;
  readonly model: Model | undefined;
  readonly settings: readonly Setting[];
  readonly problems: readonly FieldProblem[];
  readonly objection: Objection | null;
  readonly estimate: Schemas["LaneEstimate"] | undefined;
}

export class Composing {
  readonly estimating = new Estimating();
  /** The prompt is on its way. */
  sending = $state(false);
  readonly lanes: readonly LaneView[] = $derived.by(() =>
    this.setup.lanes.map((lane, place) => this.#view(lane, place)),
  );
  readonly objected = $derived(this.lanes.filter(({ objection }) => objection !== null));
  /** Why nothing can be sent now. */
  readonly obstacle: string | null = $derived.by(() => {
    const { prompt, attachments } = this.setup;
    return whyNot({
      prompt,
      lanes: this.lanes.length,
      mostLanes,
      uploading: attachments.busy,
      uploadFailed: attachments.failed,
      objections: this.objected.flatMap(({ objection }) => objection ?? []),
      budget: this.estimating.answer?.budget,
    });
  });
  readonly #setup: () => Setup;

  constructor(setup: () => Setup) {
    this.#setup = setup;
  }

  get setup(): Setup {
    return this.#setup();
  }

  /** What is wrong with the prompt as it is written now. */
  get promptProblem(): string | null {
    const { prompt } = this.setup;
    const said = [this.setup.problems.prompt, this.estimating.problems.prompt];
    return said.find((each) => each?.text === prompt)?.message ?? null;
  }

  async send(send: () => Promise<void>): Promise<void> {
    const { setup } = this;
    this.sending = true;
    try {
      await send();
    } catch (error) {
      setup.refused(error);
    } finally {
      this.sending = false;
    }
  }

  #view(lane: LaneDraft, place: number): LaneView {
    const model = models.find(lane.modelId);
    const name = lane.label || nameOfModel(lane.modelId, model);
    const { setup, estimating } = this;
    const problems = setup.problems.lanes.get(lane) ?? estimating.problems.lanes.get(lane) ?? [];
    const estimate = estimating.of(lane);
    const refused = problems.map(({ message }) => message);
    const { modelId } = lane;
    const enclosures = setup.attachments.all;
    return {
      lane,
      letter: letterOf(place),
      colour: colourOf(place),
      name,
      model,
      settings: settingsOf(lane, model),
      problems,
      objection: objectionTo({ modelId, name, model, known: models.loaded, enclosures, estimate, refused }),
      estimate,
    };
  }
}
