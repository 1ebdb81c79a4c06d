// Asks for the health again and again while somebody looks, and remembers the last answers. Draws nothing.
import { answered, api } from "../api/client";
import { type Health, type Reading, readHealth } from "./reading";

const interval = 5000;
const patience = 8000;
const remembered = 48;

export type Contact = "asking" | "live" | "lost";

export class HealthWatch {
  contact: Contact = $state("asking");
  reading: Reading | null = $state.raw(null);
  roundTrips: number[] = $state.raw([]);

  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #asking = false;

  start(): () => void {
    this.#running = true;
    document.addEventListener("visibilitychange", this.#onVisibility);
    void this.#ask();
    return () => this.#stop();
  }

  askNow(): void {
    void this.#ask();
  }

  #stop(): void {
    this.#running = false;
    clearTimeout(this.#timer);
    document.removeEventListener("visibilitychange", this.#onVisibility);
  }

  #onVisibility = (): void => {
    if (document.visibilityState === "visible") void this.#ask();
    else clearTimeout(this.#timer);
  };

  async #ask(): Promise<void> {
    if (this.#asking) return;
    this.#asking = true;
    clearTimeout(this.#timer);
    try {
      // Without its database the server answers 503, with the same report.
      this.#remember(readHealth(await health()));
      this.contact = "live";
    } catch {
      // Unreachable, too slow, or something between us answered in its place: to the reader it is all one.
      this.contact = "lost";
    } finally {
      this.#asking = false;
    }
    if (this.#running && document.visibilityState === "visible") {
      this.#timer = setTimeout(() => void this.#ask(), interval);
    }
  }

  #remember(reading: Reading): void {
    this.reading = reading;
    if (reading.roundTrip !== null) this.roundTrips = [...this.roundTrips, reading.roundTrip].slice(-remembered);
  }
}

async function health(): Promise<Health> {
  const asked = await api.GET("/health/detailed", { signal: AbortSignal.timeout(patience) });
  const { error, response } = asked;
  if (response.status === 503 && error && "database" in error) return error;
  return answered(Promise.resolve(asked));
}
