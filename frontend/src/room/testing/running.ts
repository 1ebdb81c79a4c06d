// A room in which two answers run. To be used with false timers.
import type { ClientSays, Response } from "../wire";
import { golden } from "./golden";
import { type Stage, stageOf, tell } from "./stage";

const { events, snapshot } = golden("stopped");
const [started] = events;

export const { sessionId } = snapshot;
export const [first, second] = (started?.type === "turn_started" ? started.turn.responses : []) as [Response, Response];

export async function running(): Promise<Stage> {
  const stage = await stageOf("stopped");
  tell(stage, events.slice(0, 3));
  stage.screen.frame();
  return stage;
}

export const saidOf = ({ server }: Stage, type: ClientSays["type"]): ClientSays[] =>
  server.heardOf.filter((said) => said.type === type);
