import { describe, expect, test } from "vitest";

import { draftOf, inputOf, type LaneInput, type LaneParameters, tidy } from "./lanes";
import { fromLink, isLink, toLink } from "./links";

function params(link: string): URLSearchParams {
  return new URL(link, "http://here").searchParams;
}

test("a plain set-up is a link that can be read", () => {
  const names = ["openai/gpt-5-mini", "simulator/swift@429:2"];
  const lanes = names.map((modelId) => draftOf({ modelId, parameters: { temperature: 0.2 } }));
  expect(toLink({ prompt: "Why not?", lanes, historyMode: "isolated" })).toBe(
    "/?models=openai/gpt-5-mini,simulator/swift@429:2&temperature=0.2&prompt=Why+not%3F",
  );
});

test("nothing set up is the bare address", () => {
  expect(toLink({ prompt: "", lanes: [], historyMode: "isolated" })).toBe("/");
  expect(isLink(params("/"))).toBe(false);
});

test.each(["lanes=[", "lanes={}", "lanes=[1]", "lanes=[{}]", "models=,,", "models=&temperature=hot"])(
  "a broken link brings no lanes: %s",
  (query) => expect(fromLink(new URLSearchParams(query))).not.toHaveProperty("lanes"),
);

test("a number that is none is left out", () => {
  const { lanes } = fromLink(new URLSearchParams("models=a/b&temperature=hot&seed=7"));
  expect(lanes?.[0]?.parameters).toEqual({ seed: 7 });
});

describe("there and back", () => {
  const random = seeded(20);
  test("any set-up comes back as it was", () => {
    for (let round = 0; round < 200; round += 1) comesBack();
  });

  function comesBack(): void {
    const alike = random() < 0.5 ? anyLane() : null;
    const lanes = Array.from({ length: 1 + below(4) }, () => (alike ? { ...alike, modelId: anyName() } : anyLane()));
    const setup = {
      prompt: random() < 0.3 ? "" : anyText(),
      lanes: lanes.map(draftOf),
      historyMode: pick(["isolated", "shared"] as const),
    };
    const back = fromLink(params(toLink(setup)));
    expect(back.prompt ?? "").toBe(setup.prompt);
    expect(back.historyMode ?? "isolated").toBe(setup.historyMode);
    expect(back.lanes?.map(inputOf)).toEqual(setup.lanes.map(inputOf));
  }

  function anyLane(): LaneInput {
    return {
      modelId: anyName(),
      label: maybe(anyText, 0.2) ?? "",
      systemPrompt: maybe(anyText, 0.4) ?? "",
      parameters: anyParameters(),
      fallbackModelIds: random() < 0.2 ? [anyName(), anyName()] : [],
    };
  }

  function anyParameters(): LaneParameters {
    return tidy({
      temperature: maybe(() => below(20) / 10),
      topP: maybe(() => (1 + below(10)) / 10),
      maxOutputTokens: maybe(() => 1 + below(9000)),
      seed: maybe(() => below(2000) - 1000),
      stop: random() < 0.2 ? [anyText(), "\n"] : [],
      reasoningEffort: maybe(() => pick(["low", "high", "xhigh"] as const)),
      responseFormat: maybe(() => ({ name: "answer", schema: { type: "object", title: anyText() } }), 0.2),
    });
  }

  function anyName(): string {
    const names = ["swift", "gpt-5.1", "a,b", "meta/llama:free", "swift@429:2@first:1", "ä ö"];
    return `${pick(["openai", "simulator", "my-own"])}/${pick(names)}`;
  }

  function anyText(): string {
    const pieces = ["Why?", " & ", "100 %", "\n", "ß→∂", "a+b=c", "#", "😀", "\"quoted\"", "\\", ","];
    return Array.from({ length: 1 + below(6) }, () => pick(pieces)).join("");
  }

  function maybe<Value>(make: () => Value, chance = 0.3): Value | null {
    return random() < chance ? make() : null;
  }

  function pick<Value>(values: readonly Value[]): Value {
    return values[below(values.length)]!;
  }

  function below(limit: number): number {
    return Math.floor(random() * limit);
  }
});

function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state * 1_664_525 + 1_013_904_223) % 2 ** 32;
    return state / 2 ** 32;
  };
}
