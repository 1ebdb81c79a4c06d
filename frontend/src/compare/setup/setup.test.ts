import { describe, expect, test } from "vitest";

import { Setup } from "./setup.svelte";
import { comparison, lane } from "./testing/examples";

const swift = lane("1", "simulator/swift");
const sage = lane("2", "simulator/sage", { systemPrompt: "Be kind." });

function following(...lanes: Parameters<typeof comparison>[1][number][]): Setup {
  const setup = new Setup();
  setup.follow(comparison("c", lanes));
  return setup;
}

describe("what is sent", () => {
  test("a lane says nothing of what is only the default", () => {
    const setup = new Setup();
    setup.prompt = "Why?";
    setup.addModels(["simulator/swift"]);
    setup.change(setup.lanes[0]!.key, { parameters: { temperature: 0, stop: [], topP: null } });
    expect(setup.toCreate()).toEqual({
      prompt: "Why?",
      historyMode: "isolated",
      lanes: [{ modelId: "simulator/swift", parameters: { temperature: 0 } }],
    });
  });

  test("nothing changes in a comparison whose lanes are as they were", () => {
    const setup = following(swift, sage);
    expect(setup.laneChanges(comparison("c", [swift, sage]))).toBeNull();
    expect(setup.changes(comparison("c", [swift, sage]))).toBeNull();
  });

  test("the order in which parameters were given is no change", () => {
    const there = lane("1", "a/b", { parameters: { temperature: 1, seed: 2 } });
    const setup = following(there);
    setup.change("1", { parameters: { seed: 2, temperature: 1 } });
    expect(setup.laneChanges(comparison("c", [there]))).toBeNull();
  });

  test("lanes that stay keep their ids, new ones have none", () => {
    const setup = following(swift, sage);
    setup.change("1", { parameters: { temperature: 0.2 } });
    setup.duplicate("2");
    expect(setup.laneChanges(comparison("c", [swift, sage]))).toEqual([
      { id: "1", modelId: "simulator/swift", parameters: { temperature: 0.2 } },
      { id: "2", modelId: "simulator/sage", systemPrompt: "Be kind." },
      { modelId: "simulator/sage", systemPrompt: "Be kind." },
    ]);
  });

  test("another order is a change", () => {
    const setup = following(swift, sage);
    setup.move("2", 0);
    expect(setup.laneChanges(comparison("c", [swift, sage]))?.map(({ id }) => id)).toEqual(["2", "1"]);
  });

  test("a removed lane of the comparison is not brought back", () => {
    const there = [swift, lane("2", "simulator/sage", { removed: true })];
    const setup = following(...there);
    expect(setup.lanes.map(({ id }) => id)).toEqual(["1"]);
    expect(setup.laneChanges(comparison("c", there))).toBeNull();
  });

  test("the history mode is told only when it changed here", () => {
    const setup = following(swift);
    setup.historyMode = "shared";
    expect(setup.changes(comparison("c", [swift]))).toEqual({ historyMode: "shared" });
  });
});

describe("a comparison that changes elsewhere", () => {
  test("what is being changed here stays, field by field", () => {
    const setup = following(swift, sage);
    setup.change("2", { systemPrompt: "Be rude." });
    setup.follow(comparison("c", [swift, lane("2", "simulator/sage", { systemPrompt: "Be kind.", label: "wise" })]));
    expect(setup.lanes[1]).toMatchObject({ systemPrompt: "Be rude.", label: "wise" });
  });

  test("lanes that come and go there come and go here", () => {
    const setup = following(swift, sage);
    setup.follow(comparison("c", [sage, lane("3", "simulator/smith")]));
    expect(setup.lanes.map(({ id }) => id)).toEqual(["2", "3"]);
  });

  test("another order there is another order here, unless somebody ordered them here", () => {
    const setup = following(swift, sage);
    setup.follow(comparison("c", [sage, swift]));
    expect(setup.lanes.map(({ id }) => id)).toEqual(["2", "1"]);
    setup.move("1", 0);
    setup.follow(comparison("c", [lane("2", "simulator/sage"), swift]));
    expect(setup.lanes.map(({ id }) => id)).toEqual(["1", "2"]);
  });

  test("a lane that was changed here and removed there becomes a new one", () => {
    const setup = following(swift, sage);
    setup.change("1", { label: "mine" });
    setup.follow(comparison("c", [sage]));
    expect(setup.lanes.find(({ label }) => label === "mine")).toMatchObject({ modelId: "simulator/swift" });
    expect(setup.lanes.find(({ label }) => label === "mine")).not.toHaveProperty("id");
  });

  test("a lane that was removed here does not come back by itself", () => {
    const setup = following(swift, sage);
    setup.remove("1");
    setup.follow(comparison("c", [swift, lane("2", "simulator/sage", { label: "wise" })]));
    expect(setup.lanes.map(({ id }) => id)).toEqual(["2"]);
  });

  test("a lane that was sent is known again by what it is", () => {
    const setup = following(swift);
    setup.addModels(["simulator/smith"]);
    const { key } = setup.lanes[1]!;
    setup.follow(comparison("c", [swift, lane("9", "simulator/smith")]));
    expect(setup.lanes).toHaveLength(2);
    expect(setup.lanes[1]).toMatchObject({ id: "9", key });
  });

  test("twins are told apart", () => {
    const setup = following(swift);
    setup.duplicate("1");
    setup.duplicate("1");
    setup.follow(comparison("c", [swift, lane("8", "simulator/swift"), lane("9", "simulator/swift")]));
    expect(setup.lanes.map(({ id }) => id)).toEqual(["1", "8", "9"]);
  });

  test("an unchanged comparison leaves every lane the same object", () => {
    const setup = following(swift, sage);
    const before = setup.lanes;
    setup.follow(comparison("c", [{ ...swift }, { ...sage }]));
    expect(setup.lanes[0]).toBe(before[0]);
  });

  test("another comparison brings its own lanes", () => {
    const setup = following(swift);
    setup.change("1", { label: "mine" });
    setup.follow(comparison("d", [sage]));
    expect(setup.lanes.map(({ id, label }) => [id, label])).toEqual([["2", ""]]);
  });
});
