// What there is to choose from: tags that were given before, models that can be asked.
import { answered, api, type Schemas } from "../api/client";

type TagCount = Schemas["TagCount"];

class Choices {
  tags: readonly TagCount[] = $state.raw([]);
  models: readonly string[] = $state.raw([]);

  /** A suggestion that cannot be had is none. */
  async findTags(beginning = ""): Promise<void> {
    const query = beginning ? { q: beginning } : {};
    this.tags = await answered(api.GET("/api/tags", { params: { query } })).catch(() => this.tags);
  }

  async findModels(): Promise<void> {
    if (this.models.length) return;
    const query = { available: true };
    const found = await answered(api.GET("/api/models", { params: { query } })).catch(() => []);
    this.models = found.map((model) => model.id);
  }
}

export const choices = new Choices();
