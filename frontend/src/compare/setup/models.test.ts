import { beforeEach, expect, test } from "vitest";

import { models, together } from "./models.svelte";
import { model, priced } from "./testing/examples";

beforeEach(() => {
  models.all = [];
});

test("a model is found by its id, by a bare name that only one has, and with controls after an @", () => {
  const swift = model("simulator/swift", { simulated: true });
  models.all = [swift, model("openai/gpt-5"), model("azure/gpt-5")];
  expect(models.find("simulator/swift")).toBe(swift);
  expect(models.find("swift")).toBe(swift);
  expect(models.find("simulator/swift@429:2@first:1")).toBe(swift);
  expect(models.find("gpt-5")).toBeUndefined();
  expect(models.find("openai/gpt-5@2")).toBeUndefined();
});

test("one's own replaces the public one, and embedders do not chat", () => {
  const locked = model("openai/gpt-5", { available: false });
  const own = model("openai/gpt-5");
  const embedder = model("openai/embed", { capabilities: { kind: "embedding" } });
  expect(together([locked, embedder], [own])).toEqual([own]);
});

test("suggestions are affordable and of as many providers as there are", () => {
  models.all = [
    priced("a/dear", "5", "30"),
    priced("a/poor", "0.1", "0.4"),
    priced("a/fair", "0.2", "2"),
    priced("b/fair", "0.2", "1"),
    model("b/unknown"),
    priced("c/absent", "0.2", "1", { available: false }),
  ];
  expect(models.suggested().map(({ id }) => id)).toEqual(["a/fair", "b/fair", "a/poor"]);
});
