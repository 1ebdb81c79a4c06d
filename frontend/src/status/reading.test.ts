import { expect, test } from "vitest";

import { headline } from "./headline";
import { type Health, readHealth } from "./reading";

const healthy: Health = {
  status: "ok",
  timestamp: "2026-11-21T13:04:05Z",
  service: "bakeoff",
  version: "0.1.0",
  uptimeSeconds: 61,
  database: { status: "ok", kind: "sqlite", roundTripMs: 0.31 },
  providers: [
    { name: "openai", configured: true, lastOutcome: "ok" },
    { name: "anthropic", configured: false, lastOutcome: null },
  ],
  memory: { residentBytes: 88_604_672 },
  cpuPercent: 0.42,
  openSockets: 1200,
  liveRooms: 1,
};

test("a healthy server has no concerns", () => {
  const reading = readHealth(healthy);
  expect(reading.condition).toBe("well");
  expect(reading.concerns).toEqual([]);
  expect(reading.figures.map(({ figure, unit, note }) => `${figure} ${unit} / ${note}`)).toEqual([
    "0.31 ms / SQLite round trip",
    "1,200  / 1 live room",
    "84.5 MB / 0.4 % CPU",
    "1 min  / Version 0.1.0",
  ]);
});

test("a provider without a key is no concern", () => {
  expect(readHealth(healthy).providers[1]).toEqual({ name: "anthropic", condition: "idle", state: "No key yet" });
});

test("a failing provider is named", () => {
  const health: Health = { ...healthy, status: "degraded", providers: [{ name: "openai", configured: true, lastOutcome: "error" }] };
  const line = headline("live", readHealth(health));
  expect(line.condition).toBe("degraded");
  expect(line.detail).toBe("The last request to openai failed.");
});

test("without its database the server is out of service and has no round trip", () => {
  const health: Health = { ...healthy, status: "unavailable", database: { status: "unavailable", kind: "postgresql", roundTripMs: null } };
  const reading = readHealth(health);
  expect(headline("live", reading)).toMatchObject({ condition: "down", detail: "The database does not answer." });
  expect(reading.figures[0]).toMatchObject({ figure: "—", unit: "" });
  expect(reading.roundTrip).toBeNull();
});

test("a server that went away leaves its last figures with their time", () => {
  expect(headline("lost", readHealth(healthy)).detail).toMatch(/figures are from \d/);
  expect(headline("lost", null).detail).toBe("Trying again every few seconds.");
});
