// The days of a report as the bars of a chart: a bar for each day, or for each week or month where they are many.
import type { Schemas } from "../api/client";
import { type Day, firstOf, type Grain, grainOf, type Span } from "./days";

type Row = Schemas["CostReport"]["rows"][number];

export interface Bin extends Span {
  readonly cost: number;
  readonly previousCost: number;
  readonly requests: number;
  readonly unknownCosts: number;
}

export interface Bins {
  readonly grain: Grain;
  readonly all: readonly Bin[];
}

/** Of rows by day, in their order. The first and the last bar may be of less than a whole week or month. */
export function binsOf(rows: readonly Row[]): Bins {
  const grain = grainOf(rows.length);
  const bins = new Map<Day, Bin>();
  for (const row of rows) {
    const start = firstOf(grain, row.key);
    bins.set(start, added(bins.get(start), row));
  }
  return { grain, all: [...bins.values()] };
}

function added(bin: Bin | undefined, row: Row): Bin {
  return {
    from: bin?.from ?? row.key,
    to: row.key,
    cost: (bin?.cost ?? 0) + row.cost,
    previousCost: (bin?.previousCost ?? 0) + row.previousCost,
    requests: (bin?.requests ?? 0) + row.requests,
    unknownCosts: (bin?.unknownCosts ?? 0) + row.unknownCosts,
  };
}

export function dearest(bins: readonly Bin[]): Bin | undefined {
  return bins.reduce<Bin | undefined>((most, bin) => (bin.cost > (most?.cost ?? 0) ? bin : most), undefined);
}
