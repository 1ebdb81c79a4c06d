// What is looked for in the history, as the address says it, as the server is asked, and in words. Pure.
import type { operations } from "../api/schema";
import { shortDate } from "../format/instant";

export type Question = NonNullable<operations["listComparisons"]["parameters"]["query"]>;
export type Status = NonNullable<Question["status"]>;

export interface Filters {
  readonly q: string;
  readonly model: string;
  readonly status: Status | "";
  readonly tag: string;
  /** Days on the reader's own calendar, both included: "2026-11-21". */
  readonly from: string;
  readonly to: string;
  readonly deleted: boolean;
}

export const none: Filters = { q: "", model: "", status: "", tag: "", from: "", to: "", deleted: false };

export const statusWords: Readonly<Record<Status, string>> = {
  pending: "Not started",
  in_progress: "Running",
  completed: "Completed",
  failed: "Failed",
};
export const statuses = Object.keys(statusWords) as readonly Status[];

export function filtersOf(params: URLSearchParams): Filters {
  const said = (name: string): string => params.get(name)?.trim() ?? "";
  return {
    q: params.get("q") ?? "",
    model: said("model"),
    status: statuses.find((status) => status === said("status")) ?? "",
    tag: said("tag").toLowerCase(),
    from: dayOf(said("from")),
    to: dayOf(said("to")),
    deleted: said("deleted") === "true",
  };
}

export function addressOf(filters: Filters): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(filters)) if (value) params.set(name, String(value));
  const query = params.toString();
  return query ? `/history?${query}` : "/history";
}

/** The reader's days as moments: a plain day would be one in Greenwich to the server. */
export function questionOf(filters: Filters): Question {
  const { q, model, status, tag, from, to, deleted } = filters;
  return {
    ...(q.trim() && { q }),
    ...(model && { model }),
    ...(status && { status }),
    ...(tag && { tag }),
    ...(from && { from: midnight(from, 0).toISOString() }),
    ...(to && { to: midnight(to, 1).toISOString() }),
    ...(deleted && { deleted }),
  };
}

/** Whether anything is held back, apart from looking into the trash. */
export function isNarrowed(filters: Filters): boolean {
  return addressOf({ ...filters, deleted: false, q: filters.q.trim() }) !== addressOf(none);
}

/** What was looked for: `“crdt”, model swift, from 1 Nov 2026`. */
export function inWords(filters: Filters, locale?: string): string {
  const { q, model, status, tag, from, to } = filters;
  const words = [
    q.trim() && `“${q.trim()}”`,
    model && `model ${model}`,
    status && `status ${statusWords[status].toLowerCase()}`,
    tag && `tag ${tag}`,
    from && `from ${shortDate(midnight(from, 0), locale)}`,
    to && `to ${shortDate(midnight(to, 0), locale)}`,
  ];
  return words.filter(Boolean).join(", ");
}

function dayOf(text: string): string {
  if (!/^[1-9]\d{3}-\d{2}-\d{2}$/.test(text)) return "";
  const [, month = 0, day = 0] = text.split("-").map(Number);
  const read = midnight(text, 0);
  return read.getMonth() + 1 === month && read.getDate() === day ? text : "";
}

/** Where the reader is, so many days after the beginning of that day. */
function midnight(day: string, later: number): Date {
  const [year = 0, month = 1, date = 1] = day.split("-").map(Number);
  return new Date(year, month - 1, date + later);
}
