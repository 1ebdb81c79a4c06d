// One thing that a form or a button asks for: whether it is under way, what was wrong with it and with which
// field, and how long to wait before the next try. Knows neither the form nor whom it asks.

interface Objection {
  readonly details?: readonly { readonly field: string; readonly message: string }[];
  readonly retryAfter?: number | null;
}

export class Asking {
  busy = $state(false);
  error: unknown = $state.raw(null);
  /** Seconds until it may be tried again. */
  wait = $state(0);

  /** Whether it was done. It is not begun while it runs or while one has to wait. */
  async run(ask: () => Promise<unknown>): Promise<boolean> {
    if (this.busy || this.wait > 0) return false;
    this.busy = true;
    this.error = null;
    try {
      await ask();
      return true;
    } catch (error) {
      this.error = error;
      this.#hold(Math.ceil((error as Objection).retryAfter ?? 0));
      return false;
    } finally {
      this.busy = false;
    }
  }

  problem(field: string): string | undefined {
    return problemWith(field, this.error);
  }

  forget(): void {
    this.error = null;
  }

  #hold(seconds: number): void {
    this.wait = seconds;
    if (seconds > 0) setTimeout(() => this.#hold(seconds - 1), 1000);
  }
}

/** What an error says of a field, such as `email`. */
export function problemWith(field: string, error: unknown): string | undefined {
  return detailsOf(error).find((problem) => problem.field === field)?.message;
}

/** The error, unless those fields say all of it. */
export function besides(fields: readonly string[], error: unknown): unknown {
  const details = detailsOf(error);
  return details.length > 0 && details.every(({ field }) => fields.includes(field)) ? null : error;
}

function detailsOf(error: unknown): NonNullable<Objection["details"]> {
  return (error as Objection | null)?.details ?? [];
}
