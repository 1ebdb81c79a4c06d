import { expect, test } from "vitest";

import { endOf, placesOf, type ProviderKey } from "./places";

function key(endpoint: string, shared = false): ProviderKey {
  const at = "2026-11-21T12:00:00Z";
  return { endpoint, displayName: `The ${endpoint}`, lastFour: "1234", shared, savedAt: at, testedAt: at };
}

test("providers of the server come in its order, then model servers that users added", () => {
  const places = placesOf({ openai: true, mistral: false }, [{ name: "mine", displayName: "My box" }], []);
  expect(places.map(({ name, displayName, served }) => [name, displayName, served])).toEqual([
    ["openai", "OpenAI", true],
    ["mistral", "Mistral", false],
    ["mine", "My box", false],
  ]);
});

test("a provider that this page does not know is called as the server calls it", () => {
  expect(placesOf({ house: true }, [], [])[0]?.displayName).toBe("house");
  expect(placesOf({ house: true }, [], [key("house")])[0]?.displayName).toBe("The house");
});

test("what needs no key is not listed, unless there is one for it", () => {
  expect(placesOf({ simulator: true, ollama: true }, [], [])).toEqual([]);
  expect(placesOf({ simulator: true, ollama: true }, [], [key("ollama")]).map(({ name }) => name)).toEqual(["ollama"]);
});

test("one's own key comes before everyone's", () => {
  const [place] = placesOf({ openai: false }, [], [key("openai", true), key("openai")]);
  expect(place?.keys.map(({ shared }) => shared)).toEqual([false, true]);
});

test("a key for an endpoint that is listed nowhere can still be seen and removed", () => {
  expect(placesOf({}, [], [key("gone")]).map(({ name }) => name)).toEqual(["gone"]);
});

test("of a short key nothing is shown", () => {
  expect(endOf({ lastFour: "" })).toBe("");
  expect(endOf({ lastFour: "wxyz" })).toBe("···wxyz");
});
