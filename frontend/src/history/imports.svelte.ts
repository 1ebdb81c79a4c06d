// Files that are being taken in: how many still wait, and what was wrong with which.
import { copied } from "./acts";
import { importFile } from "./importing";

export interface Refusal {
  readonly name: string;
  readonly error: unknown;
}

export class Imports {
  waiting = $state(0);
  refusals: readonly Refusal[] = $state.raw([]);

  /** One after the other: they may be large. */
  async take(files: readonly File[]): Promise<void> {
    this.refusals = [];
    this.waiting += files.length;
    for (const file of files) {
      try {
        copied(await importFile(file), "imported");
      } catch (error) {
        this.refusals = [...this.refusals, { name: file.name, error }];
      } finally {
        this.waiting -= 1;
      }
    }
  }

  forget(): void {
    this.refusals = [];
  }
}
