// One connection of a page, and a server that answers as a test wants it to. To be used with false timers.
import { expect, vi } from "vitest";

import { Connection, type Credentials } from "../connection";
import type { Contact } from "../contact";
import type { ClientSays, ServerSays } from "../wire";
import { type FakeSocket, type Ground, groundOf, type Peer } from "./socket";

export const pass = (milliseconds = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(milliseconds);

export class Server implements Peer {
  answer: (socket: FakeSocket) => void = (socket) => socket.accept();
  reply: (socket: FakeSocket, said: ClientSays) => void = (socket, { id }) => socket.says({ type: "ack", id });

  opened(socket: FakeSocket): void {
    this.answer(socket);
  }

  heard(socket: FakeSocket, said: ClientSays): void {
    this.reply(socket, said);
  }
}

export interface Line {
  server: Server;
  ground: Ground;
  connection: Connection;
  contacts: Contact[];
  heard: ServerSays[];
  latest(): FakeSocket;
}

export function lineTo(credentials: Partial<Credentials> = {}): Line {
  const server = new Server();
  const ground = groundOf(server);
  const contacts: Contact[] = [];
  const heard: ServerSays[] = [];
  const listener = {
    hear: (said: ServerSays) => void heard.push(said),
    contactChanged: (contact: Contact) => void contacts.push(contact),
  };
  const connection = new Connection(listener, { renew: async () => false, ...credentials }, ground);
  return { server, ground, connection, contacts, heard, latest: () => ground.sockets.at(-1) as FakeSocket };
}

export async function live(credentials: Partial<Credentials> = {}): Promise<Line> {
  const line = lineTo(credentials);
  line.connection.open();
  await pass();
  expect(line.connection.contact).toEqual({ is: "live" });
  return line;
}
