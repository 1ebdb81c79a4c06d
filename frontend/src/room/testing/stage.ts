// One page in one room of a server that is not there. To be used with false timers.
import { vi } from "vitest";

import type { Load } from "../membership";
import type { Room } from "../room.svelte";
import { type Notice, Rooms } from "../rooms.svelte";
import type { Comparison, RoomEvent } from "../wire";
import { golden } from "./golden";
import { pass } from "./line";
import { FakeScreen } from "./screen";
import { FakeRoom } from "./server";
import { type FakeSocket, type Ground, groundOf } from "./socket";

export interface Stage {
  server: FakeRoom;
  ground: Ground;
  screen: FakeScreen;
  rooms: Rooms;
  room: Room;
  notices: Notice[];
  load: ReturnType<typeof vi.fn<Load>>;
  renew: ReturnType<typeof vi.fn<() => Promise<boolean>>>;
  latest(): FakeSocket;
}

export { pass } from "./line";

/** The room is as it was before the first event of that golden log. */
export async function stageOf(name: string, prepare: (server: FakeRoom) => void = () => {}): Promise<Stage> {
  const server = new FakeRoom(golden(name).snapshot);
  prepare(server);
  const ground = groundOf(server);
  const screen = new FakeScreen();
  const notices: Notice[] = [];
  const load = vi.fn<Load>(async () => ({ comparison: server.comparison, position: server.position }));
  const renew = vi.fn(async () => true);
  const rooms = new Rooms({ load, renew, noticed: (notice) => notices.push(notice) }, ground, screen);
  const room = rooms.open(server.comparison.sessionId);
  await pass();
  const latest = (): FakeSocket => ground.sockets.at(-1) as FakeSocket;
  return { server, ground, screen, rooms, room, notices, load, renew, latest };
}

export function tell({ server }: Stage, events: readonly RoomEvent[]): void {
  for (const event of events) server.publish(event);
}

/** What is painted, once everything that is under way has come. */
export async function seen({ screen, room }: Stage): Promise<Comparison | null> {
  await pass(20_000);
  screen.frame();
  return room.comparison;
}
