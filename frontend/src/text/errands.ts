// Questions to a worker, one after the other, each with a time limit. Knows nothing of what is asked.

interface Errand<Question, Answer> {
  question: Question;
  answer: (value: Answer | null) => void;
}

export class Errands<Question, Answer> {
  #hire: () => Worker;
  #limit: number;
  #worker: Worker | null = null;
  #waiting: Errand<Question, Answer>[] = [];
  #current: Errand<Question, Answer> | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(hire: () => Worker, limitMilliseconds: number) {
    this.#hire = hire;
    this.#limit = limitMilliseconds;
  }

  /** Null when the worker failed, was too slow, or cannot be had. */
  ask(question: Question): Promise<Answer | null> {
    return new Promise((answer) => {
      this.#waiting.push({ question, answer });
      if (!this.#current) this.#next();
    });
  }

  #next(): void {
    this.#current = this.#waiting.shift() ?? null;
    if (!this.#current) return;
    try {
      this.#worker ??= this.#begin();
      this.#timer = setTimeout(() => this.#giveUp(), this.#limit);
      this.#worker.postMessage(this.#current.question);
    } catch {
      this.#giveUp();
    }
  }

  #begin(): Worker {
    const worker = this.#hire();
    worker.onmessage = ({ data }: MessageEvent<Answer>) => this.#finish(data);
    worker.onerror = () => this.#giveUp();
    return worker;
  }

  /** A worker that hangs cannot be told to stop; it is replaced. */
  #giveUp(): void {
    this.#worker?.terminate();
    this.#worker = null;
    this.#finish(null);
  }

  #finish(value: Answer | null): void {
    clearTimeout(this.#timer);
    const done = this.#current;
    this.#current = null;
    done?.answer(value);
    this.#next();
  }
}
