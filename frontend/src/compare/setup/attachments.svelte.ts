// The files that go along with the prompt: on their way, there, or why not.
import { type Attachment, forget, upload } from "./upload";

export interface Enclosure {
  readonly key: string;
  readonly name: string;
  readonly size: number;
  /** As the browser takes it to be, then as the server says. */
  readonly mediaType: string;
  /** Of the way to the server, from 0 to 1. */
  readonly sent: number;
  readonly attachment: Attachment | null;
  readonly problem: string | null;
}

export const mostAttachments = 16;
let made = 0;

export class Attachments {
  all: readonly Enclosure[] = $state.raw([]);
  readonly #uploads = new Map<string, AbortController>();

  get ids(): readonly string[] {
    return this.all.flatMap(({ attachment }) => (attachment ? [attachment.id] : []));
  }

  get ready(): readonly Attachment[] {
    return this.all.flatMap(({ attachment }) => attachment ?? []);
  }

  get busy(): boolean {
    return this.all.some(({ attachment, problem }) => !attachment && !problem);
  }

  get failed(): boolean {
    return this.all.some(({ problem }) => problem !== null);
  }

  /** Some of them may be too many; how many were taken is answered. */
  add(files: Iterable<File>): number {
    const taken = [...files].slice(0, Math.max(0, mostAttachments - this.all.length));
    for (const file of taken) void this.#upload(file);
    return taken.length;
  }

  remove(key: string): void {
    this.#uploads.get(key)?.abort();
    const attachment = this.all.find((each) => each.key === key)?.attachment;
    if (attachment) forget(attachment);
    this.all = this.all.filter((each) => each.key !== key);
  }

  /** Those of a draft. */
  replace(attachments: readonly Attachment[]): void {
    for (const upload of this.#uploads.values()) upload.abort();
    this.all = attachments.map((attachment) => {
      const { id: key, name, size, mediaType } = attachment;
      return { key, name, size, mediaType, sent: 1, attachment, problem: null };
    });
  }

  async #upload(file: File): Promise<void> {
    const key = `file-${++made}`;
    const { name, size, type: mediaType } = file;
    this.all = [...this.all, { key, name, size, mediaType, sent: 0, attachment: null, problem: null }];
    const stop = new AbortController();
    this.#uploads.set(key, stop);
    try {
      const attachment = await upload(file, (sent) => this.#change(key, { sent }), stop.signal);
      this.#change(key, { ...attachment, attachment, sent: 1 });
    } catch (error) {
      if (!stop.signal.aborted) this.#change(key, { problem: error instanceof Error ? error.message : String(error) });
    } finally {
      this.#uploads.delete(key);
    }
  }

  #change(key: string, change: Partial<Enclosure>): void {
    this.all = this.all.map((each) => (each.key === key ? { ...each, ...change } : each));
  }
}
