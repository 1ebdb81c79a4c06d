// What the page of costs shows: the question is in the address, the answers are asked for when it changes.
import { me } from "../app/me.svelte";
import { router } from "../app/router.svelte";
import { Fetched } from "../ui/fetched.svelte";
import * as asking from "./asking";
import { dayOf, type Span, spanOf } from "./days";
import { addressOf, type Question, questionOf } from "./question";

export class Reports {
  readonly question: Question = $derived(questionOf(router.url.searchParams));
  readonly #span: Span = $derived(spanOf(this.question.period, dayOf(new Date()), this.question.own));
  // As words, which are the same when they say the same: a new order of rows asks the server nothing.
  readonly #from = $derived(this.#span.from);
  readonly #to = $derived(this.#span.to);
  readonly #user = $derived(me.administers ? payer(this.question.whose) : undefined);
  readonly #group = $derived(this.question.group);
  readonly asking: asking.Asking = $derived({ from: this.#from, to: this.#to, user: this.#user });

  /** The id of somebody else, if it is his costs that are looked at. */
  readonly other = $derived(this.#user !== undefined && this.#user !== me.user?.id ? this.#user : null);

  readonly days = new Fetched(() => asking.costs(this.asking, "day"));
  readonly parts = new Fetched(() => asking.costs(this.asking, this.#group));
  readonly times = new Fetched(() => asking.times(this.asking));
  readonly budgets = new Fetched(asking.budgets);
  /** Of the other. */
  readonly name = new Fetched(async () => {
    const user = this.other;
    return user === null ? null : asking.nameOf({ ...this.asking, user });
  });

  /** Once, while a component is made: what an answer depends on is asked anew when it changes. */
  follow(): void {
    for (const each of [this.days, this.parts, this.times, this.budgets, this.name]) $effect(() => void each.load());
  }

  change(changed: Partial<Question>): void {
    router.go(addressOf({ ...this.question, ...changed }), { replace: true });
  }
}

function payer(whose: string): string | undefined {
  if (whose === "everyone") return undefined;
  return whose === "me" ? me.user?.id : whose;
}
