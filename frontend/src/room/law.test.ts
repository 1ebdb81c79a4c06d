import { afterEach, beforeEach, expect, test, vi } from "vitest";

import { golden } from "./testing/golden";
import { pass, seen, stageOf, tell } from "./testing/stage";
import type { Piece, RoomEvent } from "./wire";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test("state then events is the state, whatever is lost, missing, forgotten or too large", async () => {
  for (let seed = 1; seed <= 30; seed++) {
    const dice = diceOf(seed);
    const stage = await stageOf("simple", (server) => (server.window = 1 + dice(12)));
    const answers = new Map<string, number>();
    const pieces = golden("simple").events;
    tell(stage, pieces.slice(0, 2));
    for (let step = 0; step < 120; step++) {
      const chance = dice(20);
      if (chance < 12) stage.server.publish(said(pieces[2] as Piece, answers, dice));
      else if (chance < 14) stage.server.drop();
      else if (chance < 15) stage.server.restart();
      else if (chance < 16) stage.server.swallow(said(pieces[2] as Piece, answers, dice));
      else if (chance < 17) stage.server.fits = !stage.server.fits;
      else await pass(dice(800));
    }
    await pass(20_000);
    stage.server.publish(said(pieces[2] as Piece, answers, dice));
    expect(await seen(stage), `seed ${seed}`).toEqual(stage.server.comparison);
    expect(stage.room.contact).toEqual({ is: "live" });
  }
});

/** A piece of the answer, or of the thoughts, where they end now. */
function said(piece: Piece, ends: Map<string, number>, dice: (sides: number) => number): RoomEvent {
  const type = dice(3) === 0 ? "model_reasoning" : "model_chunk";
  const chunk = ["a", "bcd ", "é", "🦊", "日本", "\n"][dice(6)] as string;
  const offset = ends.get(type) ?? 0;
  ends.set(type, offset + chunk.length);
  return { ...piece, type, offset, chunk };
}

function diceOf(seed: number): (sides: number) => number {
  let state = seed;
  return (sides) => {
    state = (state * 48_271) % 2_147_483_647;
    return state % sides;
  };
}
