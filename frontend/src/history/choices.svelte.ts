// What there is to choose from: tags that were given before, models that can be asked.
import { answered, api, type Schemas } from "../api/client";

type TagCount = Schemas["TagCount"];

class Choices {
  tags: readonly TagCount[] = $state.raw([]);
  models: readonly string[] = $state.raw([]);
  #latest = 0;
  #finding: Promise<void> | null = null;

  /** A suggestion that cannot be had is none; of two questions the later counts. */
  async findTags(beginning = ""): Promise<void> {
    const latest = ++this.#latest;
    const query = beginning ? { q: beginning } : {};
    const found = await answered(api.GET("/api/tags", { params: { query } })).catch(() => this.tags);
    if (latest === this.#latest) this.tags = found;
  }

  findModels(): Promise<void> {
    this.#finding ??= this.#askForModels();
    return this.#finding;
  }

  async #askForModels(): Promise<void> {
    try {
      const query = { available: true };
      const found = await answered(api.GET("/api/models", { params: { query } }));
      this.models = found.map((model) => model.id);
    } catch {
      this.#finding = null;
    }
  }
}

export const choices = new Choices();
