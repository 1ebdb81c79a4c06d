// The reports and budgets as the server has them, and as sheets. Knows its routes, not the page.
import { answered, api, refusal, type Schemas } from "../api/client";
import type { Span } from "./days";
import type { Group } from "./question";

export type CostReport = Schemas["CostReport"];
export type CostRow = CostReport["rows"][number];
export type LatencyReport = Schemas["LatencyReport"];
export type Budget = Schemas["Budget"];

/** Whose costs; undefined: all that one may see. */
export interface Asking extends Span {
  readonly user: string | undefined;
}

export function costs(asking: Asking, group: Group): Promise<CostReport> {
  return reported(answered(api.GET("/api/reports/costs", { params: { query: { ...query(asking), group } } })));
}

export function times(asking: Asking): Promise<LatencyReport> {
  return reported(answered(api.GET("/api/reports/latency", { params: { query: query(asking) } })));
}

export function budgets(): Promise<readonly Budget[]> {
  return answered(api.GET("/api/budgets"));
}

/** What somebody is called, as far as anything was spent; an id is no name. */
export async function nameOf(asking: Asking & { readonly user: string }): Promise<string> {
  const { rows } = await costs(asking, "user");
  return rows[0]?.label ?? "One user";
}

export interface Sheet {
  readonly path: "/api/reports/costs" | "/api/reports/latency";
  readonly query: Record<string, string>;
}

export function costSheet(asking: Asking, group: Group): Sheet {
  return { path: "/api/reports/costs", query: { ...query(asking), group, format: "csv" } };
}

export function latencySheet(asking: Asking): Sheet {
  return { path: "/api/reports/latency", query: { ...query(asking), format: "csv" } };
}

export function addressOfSheet({ path, query: asked }: Sheet): string {
  return `${path}?${new URLSearchParams(asked)}`;
}

/** The sheet as a file, with the name that the server gives it. */
export async function fetchSheet(sheet: Sheet): Promise<File> {
  const { data, error, response } = await api.GET(sheet.path, { params: { query: sheet.query }, parseAs: "blob" });
  if (!data) throw refusal(error, response);
  const [, name = "report.csv"] = /filename="([^"]+)"/.exec(response.headers.get("content-disposition") ?? "") ?? [];
  return new File([data], name, { type: "text/csv" });
}

/** These routes answer with sheets, too, but only who asks for one. */
async function reported<Report extends object>(asked: Promise<Report | string>): Promise<Report> {
  const report = await asked;
  if (typeof report === "string") throw new TypeError("A sheet came where a report was asked for.");
  return report;
}

function query({ from, to, user }: Asking): Record<string, string> {
  return { from, to, ...(user !== undefined && { user }) };
}
