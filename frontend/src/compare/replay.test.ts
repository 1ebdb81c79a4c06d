import { expect, test } from "vitest";

import { golden } from "../room/testing/golden";
import { comparisonAt, lengthOf, type Replay } from "./replay";

const { after } = golden("simple");
const turn = after.turns[0]!;
const response = turn.responses[0]!;
const half = Math.floor(response.text.length / 2);
const replay: Replay = {
  sessionId: after.sessionId,
  turns: [
    {
      turnId: turn.id,
      number: 1,
      startedAt: turn.createdAt,
      endedMs: 900,
      responses: [
        {
          responseId: response.id,
          laneId: response.laneId,
          modelId: response.modelId,
          attempt: 1,
          status: "completed",
          askedMs: 0,
          startedMs: 100,
          endedMs: 1000,
          queueMs: null,
          retries: [],
          timeline: [
            [200, half, 0],
            [800, response.text.length, 0],
          ],
        },
      ],
    },
  ],
};
const at = (ms: number): (typeof after.turns)[number]["responses"][number] | undefined =>
  comparisonAt(after, replay, turn.id, ms).turns[0]?.responses[0];

test("before it began nothing was there, and nothing is known", () => {
  expect(at(50)).toMatchObject({ status: "pending", text: "", cost: null, responseTimeMs: null, startedAt: null });
});

test("in the middle there is as much text as there was then", () => {
  expect(at(299)).toMatchObject({ status: "streaming", text: "" });
  expect(at(300)).toMatchObject({ status: "streaming", text: response.text.slice(0, half), outputTokens: null });
});

test("at its end it is what it is, numbers included", () => {
  expect(at(1000)).toEqual(response);
  expect(comparisonAt(after, replay, turn.id, Infinity)).toEqual(after);
});

test("it lasts as long as its longest answer", () => {
  expect(lengthOf(replay, turn.id)).toBe(1000);
  expect(lengthOf(replay, "another")).toBe(0);
});
