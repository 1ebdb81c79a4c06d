// The catalogue, fetched once for the page: what everybody can ask here, and what only the user can.
import { Kept } from "../../app/kept.svelte";
import { answered, api, type Schemas } from "../../api/client";
import { groupedBy } from "./grouping";

export type Model = Schemas["Model"];

const mostRecent = 8;
const suggestions = 3;
/** Dollars for a million tokens of answers. Nobody is to pay more without having asked for it. */
const affordable = 5;

class Models {
  all: readonly Model[] = $state.raw([]);
  loaded = $state(false);
  error: unknown = $state.raw(null);
  readonly #recent = new Kept<readonly string[]>("models.recent", [], readNames);
  readonly #byId = $derived(new Map(this.all.map((model) => [model.id, model])));
  readonly #byName = $derived(groupedBy(this.all, (model) => bare(model.id)));
  #asking: Promise<void> | null = null;

  /** Asks only once; again after a failure, or when keys may have changed. */
  load = (anew = false): Promise<void> => {
    if (anew) this.#asking = null;
    this.#asking ??= this.#load();
    return this.#asking;
  };

  /** By its id, or by its bare name where only one has it. Simulated models are told after an @ how to behave. */
  find(id: string): Model | undefined {
    const known = this.#byId.get(id) ?? this.#alone(id);
    if (known || !id.includes("@")) return known;
    const plain = this.find(id.slice(0, id.indexOf("@")));
    return plain?.simulated ? plain : undefined;
  }

  get recent(): readonly Model[] {
    return this.#recent.value.flatMap((id) => this.#byId.get(id) ?? []);
  }

  used(ids: readonly string[]): void {
    this.#recent.value = [...new Set([...ids, ...this.#recent.value])].slice(0, mostRecent);
  }

  /** For who has chosen nobody yet: a few that can be asked, of as many providers as there are. */
  suggested(): readonly Model[] {
    const askable = this.all.filter((each) => each.available && each.capabilities.kind === "chat" && !each.deprecated);
    const byProvider = groupedBy(askable.toSorted(byRank), (each) => each.provider);
    const ranked = [...byProvider.values()].flatMap((models) => models.map((model, rank) => ({ model, rank })));
    return ranked.toSorted((one, other) => one.rank - other.rank).slice(0, suggestions).map(({ model }) => model);
  }

  #alone(name: string): Model | undefined {
    const having = (this.#byName.get(name) ?? []).filter((each) => each.capabilities.kind === "chat");
    return having.length === 1 ? having[0] : undefined;
  }

  async #load(): Promise<void> {
    this.error = null;
    try {
      const [all, mine] = await Promise.all([answered(api.GET("/api/models")), answered(api.GET("/api/models/mine"))]);
      this.all = together(all, mine);
      this.loaded = true;
    } catch (error) {
      this.error = error;
      this.#asking = null;
    }
  }
}

/** Each of one's own replaces the public one of its id. */
export function together(all: readonly Model[], mine: readonly Model[]): readonly Model[] {
  const own = new Map(mine.map((model) => [model.id, model]));
  const rest = all.filter((model) => !own.has(model.id));
  return [...mine, ...rest].filter((model) => model.capabilities.kind === "chat").toSorted(byAvailability);
}

function byAvailability(one: Model, other: Model): number {
  return Number(other.available) - Number(one.available);
}

/** The best of those that are affordable, as far as a price can tell. */
function byRank(one: Model, other: Model): number {
  const dear = Number(isDear(one)) - Number(isDear(other));
  return dear || rateOf(other) - rateOf(one) || (one.id < other.id ? -1 : 1);
}

function isDear(model: Model): boolean {
  return !model.simulated && (model.prices?.rates.output == null || rateOf(model) > affordable);
}

function rateOf({ prices }: Model): number {
  return Number(prices?.rates.output ?? 0);
}

function bare(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

function readNames(kept: unknown): readonly string[] {
  if (!Array.isArray(kept)) throw new TypeError("no names");
  return kept.map(String);
}

export const models = new Models();
