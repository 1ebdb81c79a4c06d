// One health report as the page shows it. Pure: the wire's words come in, the reader's words go out.
import type { Schemas } from "../api/client";
import { milliseconds, uptime } from "../format/duration";
import { sizeParts } from "../format/quantity";

export type Health = Schemas["DetailedHealth"];

export type Condition = "well" | "degraded" | "down";

export interface Figure {
  label: string;
  figure: string;
  unit: string;
  note: string;
}

export interface Provider {
  name: string;
  condition: Condition | "idle";
  state: string;
}

export interface Reading {
  condition: Condition;
  version: string;
  takenAt: Date;
  roundTrip: number | null;
  concerns: string[];
  figures: Figure[];
  providers: Provider[];
}

const conditions: Record<Health["status"], Condition> = { ok: "well", degraded: "degraded", unavailable: "down" };

export function readHealth(health: Health): Reading {
  const providers = health.providers.map(readProvider);
  return {
    condition: conditions[health.status],
    version: health.version,
    takenAt: new Date(health.timestamp),
    roundTrip: health.database.roundTripMs ?? null,
    concerns: findConcerns(health),
    figures: [databaseFigure(health), socketsFigure(health), memoryFigure(health), uptimeFigure(health)],
    providers,
  };
}

function readProvider(provider: Health["providers"][number]): Provider {
  const { name, configured, lastOutcome } = provider;
  if (!configured) return { name, condition: "idle", state: "No key yet" };
  if (lastOutcome === "error") return { name, condition: "degraded", state: "Last request failed" };
  return { name, condition: "well", state: lastOutcome === "ok" ? "Answering" : "Ready" };
}

function findConcerns(health: Health): string[] {
  const failing = health.providers.filter((provider) => provider.configured && provider.lastOutcome === "error");
  const concerns = failing.map((provider) => `The last request to ${provider.name} failed.`);
  if (health.database.status === "unavailable") concerns.unshift("The database does not answer.");
  if (health.database.status === "degraded") concerns.unshift("The database answers, but not as it should.");
  return concerns;
}

const databases: Record<Health["database"]["kind"], string> = { sqlite: "SQLite", postgresql: "PostgreSQL" };

function databaseFigure({ database }: Health): Figure {
  const answered = typeof database.roundTripMs === "number";
  return {
    label: "Database",
    figure: answered ? milliseconds(database.roundTripMs as number, "en") : "—",
    unit: answered ? "ms" : "",
    note: `${databases[database.kind]} round trip`,
  };
}

function socketsFigure({ openSockets, liveRooms }: Health): Figure {
  const rooms = liveRooms === 1 ? "1 live room" : `${liveRooms.toLocaleString("en")} live rooms`;
  return { label: "Open sockets", figure: openSockets.toLocaleString("en"), unit: "", note: rooms };
}

function memoryFigure({ memory, cpuPercent }: Health): Figure {
  return { label: "Memory", ...sizeParts(memory.residentBytes, "en"), note: `${cpuPercent.toFixed(1)} % CPU` };
}

function uptimeFigure({ uptimeSeconds, version }: Health): Figure {
  return { label: "Up for", figure: uptime(uptimeSeconds), unit: "", note: `Version ${version}` };
}
