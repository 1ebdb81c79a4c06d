import { expect, test } from "vitest";

import type { Response } from "../room/wire";
import { beginning, standingOf } from "./words";

const answer = {
  status: "streaming",
  text: "",
  reasoning: "",
  retries: [],
  finishReason: null,
  errorKind: null,
  retryAfter: null,
  responseTimeMs: null,
} satisfies Partial<Response>;
const pace = { elapsed: 4000, tokensPerSecond: 83 };
const said = (change: Partial<Response>, { stopping = false, place = null as number | null, at = pace } = {}): string =>
  standingOf({ ...answer, ...change } as Response, at, stopping, place).words;

test("what runs says what it is doing", () => {
  expect(said({ status: "pending" }, { place: 3 })).toBe("queued, 2 before it");
  expect(said({ status: "pending" }, { place: 1 })).toBe("queued, next");
  expect(said({})).toBe("waiting 4.0 s");
  expect(said({ reasoning: "Hm" })).toBe("thinking 4.0 s");
  expect(said({ reasoning: "Hm", text: "So" })).toBe("≈ 83 tok/s");
});

test("a stop is only said to be done when it is", () => {
  expect(said({ text: "So" }, { stopping: true })).toBe("stopping…");
  expect(said({ status: "cancelled" }, { stopping: true })).toBe("stopped");
});

test("how it ended is said, not only that it did", () => {
  expect(said({ status: "completed", finishReason: "stop", responseTimeMs: 1234 })).toBe("done in 1.2 s");
  expect(said({ status: "completed", finishReason: "length", responseTimeMs: 1234 })).toBe("cut at its token limit in 1.2 s");
  expect(said({ status: "error", errorKind: "rate_limited", retryAfter: 3 })).toBe("too many requests, free in 3.0 s");
  expect(said({ status: "interrupted", errorKind: "restart" })).toBe("cut off by a restart");
});

test("after a try that came to nothing the next is counted", () => {
  const retry = { kind: "overloaded", message: "", waitMs: 0, nextModelId: "a/b", at: "" } as const;
  expect(said({ retries: [retry] })).toBe("try 2, after overloaded");
});

test("a beginning is one line of words, without the marks around them", () => {
  expect(beginning("## Why\n\n**Bold** and `code`,\n- one\n- two")).toBe("Why Bold and code, one two");
  expect(beginning("```python\nx = 1\n```\nThat is it.")).toBe("x = 1 That is it.");
  expect(beginning("2 * 3 * 4, snake_case")).toBe("2 * 3 * 4, snake_case");
  expect(beginning("word ".repeat(100))).toBe(`${"word ".repeat(32).trimEnd()}…`);
});
