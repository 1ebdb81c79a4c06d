// The server's golden logs, as the server wrote them. For tests only.
import type { Comparison, RoomEvent } from "../wire";

export interface Golden {
  readonly snapshot: Comparison;
  readonly events: readonly RoomEvent[];
  readonly after: Comparison;
}

const files = import.meta.glob<Golden>("../../../../tests/golden/*.json", { eager: true, import: "default" });

export const goldens: readonly (readonly [string, Golden])[] = Object.entries(files).map(
  ([path, golden]) => [path.replace(/^.*\/|\.json$/g, ""), golden] as const,
);

export function golden(name: string): Golden {
  const found = goldens.find(([each]) => each === name);
  if (!found) throw new Error(`There is no golden log called ${name}`);
  return structuredClone(found[1]);
}
