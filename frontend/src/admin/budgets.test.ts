import { expect, test } from "vitest";

import { type Budget, draftOf, whose } from "./budgets";

const budget: Budget = {
  id: "1",
  userId: null,
  everyone: true,
  period: "day",
  amount: 12.5,
  hard: true,
  onCross: "stop",
  webhookUrl: "https://hook.example.org/",
  spent: 1,
  reserved: 0,
  remaining: 11.5,
  resetsAt: "2026-11-22T00:00:00Z",
  changedAt: "2026-11-21T12:00:00Z",
};

test("undoing a removal brings back everything that was set, the webhook included", () => {
  expect(draftOf(budget)).toEqual({
    userId: null,
    period: "day",
    amount: 12.5,
    hard: true,
    onCross: "stop",
    webhookUrl: "https://hook.example.org/",
  });
});

test("a budget is everyone's, somebody's by name or address, or of somebody who is gone", () => {
  const ada = {
    id: "a",
    email: "ada@example.org",
    name: "",
    role: "member",
    enabled: true,
    hasPassword: true,
    createdAt: budget.changedAt,
  } as const;
  expect(whose(budget, [ada])).toBe("Everyone together");
  expect(whose({ userId: "a" }, [ada])).toBe("ada@example.org");
  expect(whose({ userId: "a" }, [{ ...ada, name: "Ada" }])).toBe("Ada");
  expect(whose({ userId: "z" }, [ada])).toMatch(/no account any more/);
});
