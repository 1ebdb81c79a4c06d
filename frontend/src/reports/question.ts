// What is asked of the reports, as the address says it. Pure: knows neither the server nor who asks.
import type { Schemas } from "../api/client";
import { isDay, type Period, periods, type Span } from "./days";

export type Group = Schemas["CostReport"]["group"];
export const groups: readonly Group[] = ["model", "provider", "user", "comparison", "day"];

export const measures = ["first", "speed", "total", "queue", "length"] as const;
export type Measure = (typeof measures)[number];

export const columns = ["label", "cost", "requests", "tokens", "previous", "change"] as const;
export type Column = (typeof columns)[number];

export interface Order {
  readonly by: Column;
  readonly down: boolean;
}

export interface Question {
  readonly period: Period;
  /** Of the period `own`. */
  readonly own: Partial<Span>;
  /** `everyone`, `me`, or the id of somebody else. */
  readonly whose: string;
  readonly group: Group;
  readonly order: Order;
  readonly measure: Measure;
}

const usual = { period: "30", whose: "everyone", group: "model", measure: "first" } as const;

/** The dearest first; days as they come, the last first. */
export function usualOrder(group: Group): Order {
  return { by: group === "day" ? "label" : "cost", down: true };
}

export function questionOf(params: URLSearchParams): Question {
  const group = word(params.get("group"), groups) ?? usual.group;
  const from = params.get("from");
  const to = params.get("to");
  return {
    period: word(params.get("period"), periods) ?? usual.period,
    own: { ...(isDay(from) && { from }), ...(isDay(to) && { to }) },
    whose: params.get("whose") || usual.whose,
    group,
    order: orderOf(params.get("sort")) ?? usualOrder(group),
    measure: word(params.get("times"), measures) ?? usual.measure,
  };
}

/** What is usual is left out, so that the plain address stays plain. */
export function addressOf(question: Question): string {
  const { period, own, whose, group, order, measure } = question;
  const said: readonly (readonly [string, string | undefined])[] = [
    ["period", period === usual.period ? undefined : period],
    ["from", period === "own" ? own.from : undefined],
    ["to", period === "own" ? own.to : undefined],
    ["whose", whose === usual.whose ? undefined : whose],
    ["group", group === usual.group ? undefined : group],
    ["sort", signed(order) === signed(usualOrder(group)) ? undefined : signed(order)],
    ["times", measure === usual.measure ? undefined : measure],
  ];
  const params = new URLSearchParams(said.filter((pair): pair is [string, string] => pair[1] !== undefined));
  return params.size ? `/costs?${params}` : "/costs";
}

function signed({ by, down }: Order): string {
  return down ? `-${by}` : by;
}

function orderOf(sort: string | null): Order | undefined {
  const by = word(sort?.replace("-", "") ?? null, columns);
  return by && { by, down: sort?.startsWith("-") ?? false };
}

function word<Word extends string>(text: string | null, words: readonly Word[]): Word | undefined {
  return words.find((each) => each === text);
}
