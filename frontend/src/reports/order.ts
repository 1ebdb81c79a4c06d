// Rows in the order that a column gives them. Pure.
import type { Schemas } from "../api/client";
import { changeRank } from "./change";
import type { Column, Order } from "./question";

type Row = Schemas["CostReport"]["rows"][number];

const figures: Readonly<Record<Exclude<Column, "label">, (row: Row) => number>> = {
  cost: (row) => row.cost,
  requests: (row) => row.requests,
  tokens: (row) => row.tokens,
  previous: (row) => row.previousCost,
  change: (row) => changeRank(row.cost, row.previousCost),
};

/** Rows that are alike stay as they came. */
export function ordered(rows: readonly Row[], { by, down }: Order): readonly Row[] {
  const direction = down ? -1 : 1;
  return [...rows].sort((one, other) => direction * (by === "label" ? byLabel(one, other) : difference(one, other, figures[by])));
}

/** The order after a press on a column's head: figures begin with the largest, names with A. */
export function pressed(now: Order, by: Column): Order {
  return by === now.by ? { by, down: !now.down } : { by, down: by !== "label" };
}

function byLabel(one: Row, other: Row): number {
  return one.label.localeCompare(other.label, undefined, { numeric: true, sensitivity: "base" });
}

function difference(one: Row, other: Row, figure: (row: Row) => number): number {
  const [a, b] = [figure(one), figure(other)];
  return a === b ? 0 : a < b ? -1 : 1;
}
