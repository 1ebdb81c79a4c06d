import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { Setup } from "./setup.svelte";
import { comparison, lane, model } from "./testing/examples";

const swift = lane("1", "simulator/swift");
const sage = lane("2", "simulator/sage", { systemPrompt: "Be kind." });

function following(...lanes: Parameters<typeof comparison>[1][number][]): Setup {
  const setup = new Setup();
  setup.follow(comparison("c", lanes));
  return setup;
}

describe("whom to ask at first", () => {
  const cheap = model("simulator/swift");
  const catalogue = { find: (id: string) => (id.endsWith("swift") ? cheap : undefined), suggested: () => [cheap] };

  test("who has nobody gets suggestions", () => {
    const setup = new Setup();
    setup.begin();
    setup.settle(catalogue);
    expect(setup.lanes.map(({ modelId }) => modelId)).toEqual(["simulator/swift"]);
  });

  test("what a link names stays, even when nobody knows it", () => {
    const setup = new Setup();
    setup.begin(new URLSearchParams("models=swift,who/knows&prompt=Hi"));
    setup.settle(catalogue);
    expect(setup.prompt).toBe("Hi");
    expect(setup.lanes.map(({ modelId }) => modelId)).toEqual(["simulator/swift", "who/knows"]);
  });
});

describe("what was prepared and not sent", () => {
  beforeEach(() => {
    const kept = new Map<string, string>();
    vi.stubGlobal("localStorage", {
      getItem: (name: string) => kept.get(name) ?? null,
      setItem: (name: string, value: string) => kept.set(name, value),
      removeItem: (name: string) => kept.delete(name),
    });
  });
  afterEach(() => vi.unstubAllGlobals());

  test("is there again for each comparison by itself", () => {
    const setup = new Setup();
    setup.begin();
    setup.prompt = "first words";
    setup.follow(comparison("c", [swift]));
    expect(setup.prompt).toBe("");
    setup.prompt = "for c";
    setup.begin();
    expect(setup.prompt).toBe("first words");
    setup.follow(comparison("c", [swift]));
    expect(setup.prompt).toBe("for c");
  });

  test("changed lanes survive a reload, unless they are gone there", () => {
    const setup = following(swift, sage);
    setup.change("1", { label: "mine" });
    setup.addModels(["simulator/smith"]);
    setup.keep();
    expect(following(swift, sage).lanes.map(({ id, label }) => [id, label])).toEqual([
      ["1", "mine"],
      ["2", ""],
      [undefined, ""],
    ]);
    expect(following(sage).lanes.map(({ id }) => id)).toEqual(["2", undefined]);
  });

  test("is gone once it was sent", () => {
    const setup = new Setup();
    setup.begin();
    setup.prompt = "Why?";
    setup.keep();
    const slot = setup.sessionId;
    setup.follow(comparison("c", [swift]));
    setup.sent(slot);
    expect(setup.prompt).toBe("");
    setup.begin();
    expect(setup.prompt).toBe("");
  });
});
