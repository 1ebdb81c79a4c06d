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
  const compared = by === "label" ? byLabel : byFigure(figures[by]);
  return [...rows].sort((one, other) => direction * compared(one, other));
}

/** The order after a press on a column's head: figures begin with the largest, names with A. */
export function pressed(now: Order, by: Column): Order {
  return by === now.by ? { by, down: !now.down } : { by, down: by !== "label" };
}

function byLabel(one: Row, other: Row): number {
  return one.label.localeCompare(other.label, undefined, { numeric: true, sensitivity: "base" });
}

/** No subtraction: two of what is infinitely more are alike. */
function byFigure(figure: (row: Row) => number): (one: Row, other: Row) => number {
  return (one, other) => Number(figure(one) > figure(other)) - Number(figure(one) < figure(other));
}
