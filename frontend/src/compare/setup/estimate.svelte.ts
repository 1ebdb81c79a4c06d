// What this send would cost, asked whenever somebody has stopped typing for a moment. The latest question counts.
import { answered, api, type Schemas } from "../../api/client";
import type { LaneDraft } from "./lanes";
import { noProblems, type Problems, problemsOf } from "./problems";

export interface Question {
  readonly lanes: readonly LaneDraft[];
  readonly body: Schemas["EstimateComparison"];
}

const pause = 400;

export class Estimating {
  answer: Schemas["Estimate"] | null = $state.raw(null);
  /** What the server could not use. */
  problems: Problems = $state.raw(noProblems);
  busy = $state(false);
  /** The lanes of the answer, in its order. */
  #lanes: readonly LaneDraft[] = $state.raw([]);
  #latest: AbortController | null = null;

  /** Null: there is nothing to be estimated. For an effect: what it returns gives the question up. */
  ask(question: Question | null): () => void {
    this.#latest?.abort();
    const asked = (this.#latest = new AbortController());
    this.busy = question !== null;
    if (question === null) this.#forget();
    else {
      const timer = setTimeout(() => void this.#ask(question, asked.signal), pause);
      asked.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    }
    return () => asked.abort();
  }

  /** Of exactly this lane; a changed one has none until it is asked again. */
  of(lane: LaneDraft): Schemas["LaneEstimate"] | undefined {
    const place = this.#lanes.indexOf(lane);
    return place < 0 ? undefined : this.answer?.lanes[place];
  }

  async #ask({ lanes, body }: Question, signal: AbortSignal): Promise<void> {
    try {
      const answer = await answered(api.POST("/api/comparisons/estimate", { body, signal }));
      if (signal.aborted) return;
      this.answer = answer;
      this.problems = noProblems;
      this.#lanes = lanes;
    } catch (error) {
      if (signal.aborted) return;
      this.#forget();
      // Without an estimate one can still send; only what belongs to a lane or a field is worth saying.
      this.problems = { ...problemsOf(error, lanes, body.prompt), rest: null };
    }
    this.busy = false;
  }

  #forget(): void {
    this.answer = null;
    this.problems = noProblems;
    this.#lanes = [];
  }
}
