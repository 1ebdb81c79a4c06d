// What may be spent, by one person or by all together, in a day or a month.
import { answered, api, type Schemas } from "../api/client";
import type { User } from "../app/me.svelte";
import { userPages } from "./users";

export type Budget = Schemas["Budget"];

export interface Spending {
  readonly budgets: readonly Budget[];
  readonly users: readonly User[];
}

export async function listSpending(): Promise<Spending> {
  const pages = userPages();
  const [budgets] = await Promise.all([answered(api.GET("/api/budgets")), pages.all()]);
  if (pages.error) throw pages.error;
  return { budgets, users: pages.items };
}

/** In place of the one for the same person and period. Answers with the secret that signs what a webhook is told. */
export async function saveBudget(budget: Schemas["PutBudget"]): Promise<string | null> {
  return (await answered(api.PUT("/api/budgets", { body: budget }))).webhookSecret;
}

export async function removeBudget({ id }: Budget): Promise<void> {
  await answered(api.DELETE("/api/budgets/{budget_id}", { params: { path: { budget_id: id } } }));
}

/** To write one like it again. */
export function draftOf({ amount, period, userId, hard, onCross, webhookUrl }: Budget): Schemas["PutBudget"] {
  return { amount, period, userId, hard, onCross, webhookUrl };
}

/** "Everyone", a name, or an address. */
export function whose({ userId }: Pick<Budget, "userId">, users: readonly User[]): string {
  if (userId === null) return "Everyone together";
  const user = users.find(({ id }) => id === userId);
  return user ? user.name || user.email : "Somebody who has no account any more";
}
