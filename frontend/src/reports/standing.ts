// Where one stands with a budget, in words. Knows no page.
import { cost } from "../format/money";
import type { Budget } from "./asking";

export type Level = "well" | "near" | "over";

export function usedOf({ amount, spent, reserved }: Budget): number {
  return (spent + reserved) / amount;
}

export function levelOf(budget: Budget): Level {
  const used = usedOf(budget);
  if (used >= 1) return "over";
  return used >= 0.8 ? "near" : "well";
}

/** "Your month", "Everyone's day". */
export function budgetName({ everyone, period }: Budget, whose: string): string {
  return `${everyone ? "Everyone’s" : whose} ${period}`;
}

/** "$3.20 of $10.00 spent, $0.40 set aside for answers that still run". */
export function spentInWords({ amount, spent, reserved }: Budget, locale?: string): string {
  const said = `${cost(spent, "computed", locale)} of ${cost(amount, "computed", locale)} spent`;
  return reserved > 0 ? `${said}, ${cost(reserved, "computed", locale)} set aside for answers that still run` : said;
}

export function consequenceOf({ hard, onCross }: Budget): string {
  if (!hard) return "Warns, and stops nothing.";
  return onCross === "stop"
    ? "When it is used up, running answers stop and new ones wait until it begins anew."
    : "When it is used up, running answers finish and new ones wait until it begins anew.";
}

/** The one that ends first, if nothing changes: of which the smallest part is left. */
export function tightest(budgets: readonly Budget[]): Budget | undefined {
  return budgets.reduce<Budget | undefined>(
    (most, budget) => (most && usedOf(most) >= usedOf(budget) ? most : budget),
    undefined,
  );
}

/** Of those who may see all of them only one's own, or of whom one looks at, and those for everyone. */
export function concerning(budgets: readonly Budget[], userId: string | undefined): readonly Budget[] {
  return budgets.filter((budget) => budget.everyone || budget.userId === userId);
}
