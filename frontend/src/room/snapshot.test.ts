import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";

import { golden } from "./testing/golden";
import { pass, seen, type Stage, stageOf, tell } from "./testing/stage";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

const story = golden("six_lanes_with_faults");

describe("a snapshot that no frame can hold", () => {
  const large = (): Promise<Stage> => stageOf("six_lanes_with_faults", (server) => (server.fits = false));

  test("is fetched", async () => {
    const stage = await large();
    expect(stage.load).toHaveBeenCalledWith(story.snapshot.sessionId);
    tell(stage, story.events);
    expect(await seen(stage)).toEqual(story.after);
  });

  test("is followed by what happened while it was on its way", async () => {
    for (let taken = 0; taken <= story.events.length; taken++) {
      const stage = await stageOf("six_lanes_with_faults", (server) => (server.away = true));
      const answer = slowly(stage);
      stage.server.fits = stage.server.away = false;
      await pass(1000);
      expect(stage.room.contact).toEqual({ is: "connecting" });
      tell(stage, story.events.slice(0, taken));
      answer.take();
      tell(stage, story.events.slice(taken));
      answer.arrive();
      expect(await seen(stage)).toEqual(story.after);
      expect(stage.load).toHaveBeenCalledTimes(1);
    }
  });

  test("is asked for again when the connection is lost meanwhile: what was joined is not what is here", async () => {
    const stage = await stageOf("six_lanes_with_faults");
    const answer = slowly(stage);
    tell(stage, story.events.slice(0, 3));
    stage.server.window = 2;
    stage.server.fits = false;
    stage.server.drop();
    tell(stage, story.events.slice(3, 9));
    await pass(1000);
    expect(stage.load).toHaveBeenCalledTimes(1);
    stage.server.window = 2000;
    stage.server.fits = true;
    stage.server.drop();
    answer.take();
    answer.arrive();
    tell(stage, story.events.slice(9));
    expect(await seen(stage)).toEqual(story.after);
  });

  test("that cannot be had any more is no matter once another one has come", async () => {
    const stage = await stageOf("six_lanes_with_faults", (server) => (server.away = true));
    let fail = (): void => {};
    stage.load.mockImplementationOnce(() => new Promise((_, reject) => (fail = () => reject(new Error("Too late.")))));
    stage.server.fits = stage.server.away = false;
    await pass(1000);
    stage.server.fits = true;
    stage.server.drop();
    await pass(1000);
    fail();
    tell(stage, story.events);
    expect(await seen(stage)).toEqual(story.after);
    expect(stage.server.joins).toHaveLength(2);
  });

  test("is asked for again when it is of another life, of no room, older than the join, or cannot be had", async () => {
    const stage = await stageOf("six_lanes_with_faults", (server) => (server.away = true));
    const { server, load } = stage;
    tell(stage, story.events.slice(0, 4));
    load.mockRejectedValueOnce(new Error("The server does not answer."));
    load.mockImplementationOnce(async () => ({ comparison: server.comparison, position: null }));
    load.mockImplementationOnce(async () => ({ comparison: server.comparison, position: { epoch: "other", seq: 0 } }));
    load.mockImplementationOnce(async () => ({ comparison: story.snapshot, position: { ...server.position, seq: 3 } }));
    server.fits = server.away = false;
    expect(await seen(stage)).toEqual(server.comparison);
    expect(load).toHaveBeenCalledTimes(5);
    expect(stage.room.contact.is).toBe("live");
  });

  function slowly({ load, server }: Stage): { take(): void; arrive(): void } {
    let arrive = (): void => {};
    let taken: Awaited<ReturnType<Stage["load"]>>;
    load.mockImplementationOnce(() => new Promise((resolve) => (arrive = () => resolve(taken))));
    return {
      take: () => (taken = { comparison: server.comparison, position: server.position }),
      arrive: () => arrive(),
    };
  }
});
