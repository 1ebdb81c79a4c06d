// Which models are shown, in which order; as the address says it. Pure.
import { providerName } from "../format/providers";
import { type Model } from "./reading";

export const needs = ["reasoning", "image", "pdf", "tools"] as const;
export type Need = (typeof needs)[number];
export const orders = ["name", "window", "output", "input", "cached", "out"] as const;
export type Order = (typeof orders)[number];
export type Kind = Model["capabilities"]["kind"];

export interface Filters {
  readonly q: string;
  readonly provider: string;
  readonly kind: Kind | "";
  readonly needs: readonly Need[];
  readonly available: boolean;
  /** Null: what can be asked comes first, then by provider. */
  readonly order: Order | null;
  readonly descending: boolean;
}

export const none: Filters = {
  q: "",
  provider: "",
  kind: "",
  needs: [],
  available: false,
  order: null,
  descending: false,
};

export function filtersOf(params: URLSearchParams): Filters {
  const wanted = params.get("needs")?.split(",") ?? [];
  const order = params.get("order") ?? "";
  return {
    q: params.get("q") ?? "",
    provider: params.get("provider") ?? "",
    kind: (["chat", "embedding"] as const).find((kind) => kind === params.get("kind")) ?? "",
    needs: needs.filter((need) => wanted.includes(need)),
    available: params.get("available") === "true",
    order: orders.find((each) => each === order.replace(/^-/, "")) ?? null,
    descending: order.startsWith("-") && orders.some((each) => `-${each}` === order),
  };
}

export function addressOf(filters: Filters): string {
  const { q, provider, kind, needs: wanted, available, order, descending } = filters;
  const params = new URLSearchParams();
  const said = { q, provider, kind, needs: wanted.join(","), available: available ? "true" : "" };
  for (const [name, value] of Object.entries({ ...said, order: order ? `${descending ? "-" : ""}${order}` : "" })) {
    if (value) params.set(name, value);
  }
  const query = params.toString();
  return query ? `/models?${query}` : "/models";
}

export function isNarrowed(filters: Filters): boolean {
  return addressOf({ ...filters, q: filters.q.trim(), order: null }) !== addressOf(none);
}

/** A column once for up, again for down, and a third time for the order as it was. */
export function turned(filters: Filters, order: Order): Filters {
  if (filters.order !== order) return { ...filters, order, descending: false };
  return filters.descending ? { ...filters, order: null, descending: false } : { ...filters, descending: true };
}

export function selected(models: readonly Model[], filters: Filters): readonly Model[] {
  const words = filters.q.toLowerCase().split(/\s+/).filter(Boolean);
  const found = models.filter((model) => admits(model, filters) && words.every((word) => texts(model).includes(word)));
  return found.sort(filters.order ? by(filters.order, filters.descending) : usual);
}

/** The model with its own words taken in: what one user can ask replaces what everybody can. */
export function merged(everybody: readonly Model[], own: readonly Model[]): readonly Model[] {
  const all = new Map(everybody.map((model) => [model.id, model]));
  for (const model of own) all.set(model.id, model);
  return [...all.values()];
}

export function has(model: Model, need: Need): boolean {
  const { reasoning, tools, inputs } = model.capabilities;
  return { reasoning, tools, image: inputs.includes("image"), pdf: inputs.includes("pdf") }[need];
}

function admits(model: Model, filters: Filters): boolean {
  if (filters.available && !model.available) return false;
  if (filters.provider && model.provider !== filters.provider) return false;
  if (filters.kind && model.capabilities.kind !== filters.kind) return false;
  return filters.needs.every((need) => has(model, need));
}

const searched = new WeakMap<Model, string>();

function texts(model: Model): string {
  const known = searched.get(model);
  if (known !== undefined) return known;
  const text = `${model.id} ${model.displayName} ${providerName(model.provider)}`.toLowerCase();
  searched.set(model, text);
  return text;
}

type Comparing = (one: Model, other: Model) => number;

const names = new Intl.Collator("en", { numeric: true, sensitivity: "base" });
const byName: Comparing = (one, other) => names.compare(one.displayName, other.displayName);

const usual: Comparing = (one, other) =>
  Number(other.available) - Number(one.available) ||
  Number(one.capabilities.kind !== "chat") - Number(other.capabilities.kind !== "chat") ||
  names.compare(one.provider, other.provider) ||
  byName(one, other);

const figures: Readonly<Record<Exclude<Order, "name">, (model: Model) => number | null>> = {
  window: (model) => model.contextWindow,
  output: (model) => model.maxOutputTokens,
  input: (model) => rate(model.prices?.rates.input),
  cached: (model) => rate(model.prices?.rates.cacheRead),
  out: (model) => rate(model.prices?.rates.output),
};

function rate(dollars: string | null | undefined): number | null {
  return dollars == null ? null : Number(dollars);
}

/** What is unknown comes last, whichever way. */
function by(order: Order, descending: boolean): Comparing {
  const sign = descending ? -1 : 1;
  if (order === "name") return (one, other) => sign * byName(one, other);
  const figure = figures[order];
  return (one, other) => {
    const [first, second] = [figure(one), figure(other)];
    if (first === null || second === null) return Number(first === null) - Number(second === null);
    return sign * (first - second) || byName(one, other);
  };
}
