import { expect, test } from "vitest";

import type { Schemas } from "../api/client";
import { linesOf, measurings, valuesOf } from "./measures";

const none = { p50: null, p90: null, p99: null, count: 0 };

function row(changed: Partial<Schemas["LatencyReport"]["rows"][number]>): Schemas["LatencyReport"]["rows"][number] {
  return {
    modelId: "openai/gpt-5",
    provider: "openai",
    requests: 3,
    completed: 3,
    queueMs: none,
    timeToFirstTokenMs: { p50: 400, p90: 700, p99: 900, count: 2 },
    responseTimeMs: none,
    tokensPerSecond: none,
    outputTokens: none,
    cachedTimeToFirstTokenMs: none,
    cachedResponseTimeMs: none,
    cachedTokensPerSecond: none,
    ...changed,
  };
}

test("cached answers have a line of their own, only where there are some", () => {
  const cached = { p50: 200, p90: 210, p99: 220, count: 1 };
  const lines = linesOf([row({ cachedTimeToFirstTokenMs: cached }), row({ modelId: "openai/o3" })], measurings.first);
  expect(lines.map(({ modelId, cached: apart, quantiles }) => [modelId, apart, quantiles.count])).toEqual([
    ["openai/gpt-5", false, 2],
    ["openai/gpt-5", true, 1],
    ["openai/o3", false, 2],
  ]);
  expect(valuesOf(lines.slice(0, 2))).toEqual([400, 700, 900, 200, 210, 220]);
});

test("a model without an answer keeps its line, with nothing on the axis", () => {
  const lines = linesOf([row({})], measurings.speed);
  expect(lines).toHaveLength(1);
  expect(valuesOf(lines)).toEqual([]);
  expect(measurings.speed.figure(lines[0]?.quantiles.p50)).toBe("—");
});

test("a provider is named where the model's name does not begin with it", () => {
  const lines = linesOf([row({}), row({ provider: "our-gateway" })], measurings.first);
  expect(lines.map((line) => line.provider)).toEqual(["", "our-gateway"]);
  expect(new Set(lines.map((line) => line.key)).size).toBe(2);
});
