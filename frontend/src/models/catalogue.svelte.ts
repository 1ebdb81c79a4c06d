// The models there are: everybody's, and what only this user can ask. Knows no row and no filter.
import { answered, api } from "../api/client";
import { me } from "../app/me.svelte";
import { merged } from "./filters";
import type { Model } from "./reading";

class Catalogue {
  models: readonly Model[] = $state.raw([]);
  loading = $state(false);
  error: unknown = $state.raw(null);
  #user: string | undefined;

  /** What is there stays until there is something newer. */
  load = async (): Promise<void> => {
    if (this.#user !== me.user?.id) this.models = [];
    this.#user = me.user?.id;
    this.loading = true;
    this.error = null;
    try {
      const [everybody, own] = await Promise.all([
        answered(api.GET("/api/models")),
        answered(api.GET("/api/models/mine")),
      ]);
      this.models = merged(everybody, own);
    } catch (error) {
      this.error = error;
    } finally {
      this.loading = false;
    }
  };
}

export const catalogue = new Catalogue();
