import { describe, expect, test } from "vitest";

import { type AboutLane, type AboutSending, objectionTo, whyNot } from "./objections";
import { model } from "./testing/examples";

const sage = model("simulator/sage", { capabilities: { inputs: ["image"] } });
const about: AboutLane = {
  modelId: sage.id,
  name: "Sage",
  model: sage,
  known: true,
  enclosures: [],
  estimate: undefined,
  refused: [],
};

describe("a lane", () => {
  test("with nothing against it has no objection", () => {
    expect(objectionTo(about)).toBeNull();
  });

  test("whose model cannot be asked says what to do about it", () => {
    const absent = { ...sage, available: false, unavailableReason: "set SAGE_KEY" };
    const words = "Sage cannot be asked: set SAGE_KEY.";
    expect(objectionTo({ ...about, model: absent })).toEqual({ words, stops: true, href: "/models" });
  });

  test("of a model that is not listed may be sent: a server may know more than it lists", () => {
    expect(objectionTo({ ...about, model: undefined })).toMatchObject({ stops: false });
    expect(objectionTo({ ...about, model: undefined, known: false })).toBeNull();
  });

  test("is told which files its model does not take", () => {
    const enclosures = [{ mediaType: "application/pdf" }, { mediaType: "image/png" }, { mediaType: "text/plain" }];
    expect(objectionTo({ ...about, enclosures })?.words).toBe("Sage takes no PDF files.");
  });

  test("that the server refused says so in the server's words", () => {
    const words = "There is no such model.";
    expect(objectionTo({ ...about, refused: [words] })).toEqual({ words, stops: true });
  });
});

describe("sending", () => {
  const fine: AboutSending = {
    prompt: "Hi",
    lanes: 2,
    mostLanes: 24,
    uploading: false,
    uploadFailed: false,
    objections: [],
    budget: undefined,
  };

  test("is possible when nothing is against it", () => {
    expect(whyNot(fine)).toBeNull();
    expect(whyNot({ ...fine, objections: [{ words: "", stops: false }] })).toBeNull();
  });

  test.each<[Partial<AboutSending>, string]>([
    [{ lanes: 0 }, "Add a model first"],
    [{ prompt: " \n" }, "Write a prompt first"],
    [{ lanes: 25 }, "24 lanes at most"],
    [{ uploading: true }, "A file is on its way"],
    [{ objections: [{ words: "", stops: true }] }, "One lane cannot take it"],
    [{ budget: { remaining: 0, resetsAt: null, enough: false } }, "The budget is used up"],
  ])("says what is missing: %o", (change, words) => expect(whyNot({ ...fine, ...change })).toBe(words));
});
