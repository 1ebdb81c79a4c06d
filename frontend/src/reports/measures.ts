// What is measured of answers, and how a row of the report shows it. Pure.
import type { Schemas } from "../api/client";
import { duration } from "../format/duration";
import type { Amount } from "../format/numbers";
import { rate, tokens } from "../format/quantity";
import type { Measure } from "./question";

type Row = Schemas["LatencyReport"]["rows"][number];
export type Quantiles = Row["queueMs"];

type Series = { [Key in keyof Row]: Row[Key] extends Quantiles ? Key : never }[keyof Row];

export interface Measuring {
  readonly name: string;
  readonly note: string;
  readonly series: Series;
  /** Of answers for which the provider had a part of the input already; they are not among the others. */
  readonly cached: Series | null;
  readonly figure: (value: Amount, locale?: string) => string;
}

export const measurings: Readonly<Record<Measure, Measuring>> = {
  first: {
    name: "First token",
    note: "From sending to the first token. Waiting here is no part of it.",
    series: "timeToFirstTokenMs",
    cached: "cachedTimeToFirstTokenMs",
    figure: duration,
  },
  speed: {
    name: "Speed",
    note: "Tokens a second, over the time in which they streamed: p90 is faster than nine of ten answers.",
    series: "tokensPerSecond",
    cached: "cachedTokensPerSecond",
    figure: rate,
  },
  total: {
    name: "Whole answer",
    note: "From sending to the last token, of answers that were completed. Waiting here is no part of it.",
    series: "responseTimeMs",
    cached: "cachedResponseTimeMs",
    figure: duration,
  },
  queue: {
    name: "Waiting here",
    note: "In this server’s own line, before anything was sent to the provider.",
    series: "queueMs",
    cached: null,
    figure: duration,
  },
  length: {
    name: "Length",
    note: "Tokens of completed answers, reasoning included.",
    series: "outputTokens",
    cached: null,
    figure: tokens,
  },
};

export interface Line {
  readonly key: string;
  readonly modelId: string;
  /** Where the model's name does not say it. */
  readonly provider: string;
  readonly cached: boolean;
  readonly quantiles: Quantiles;
}

/** A line for each model, and one below it for its cached answers where there are some. */
export function linesOf(rows: readonly Row[], { series, cached }: Measuring): readonly Line[] {
  return rows.flatMap((row) => {
    const { modelId } = row;
    const provider = modelId.startsWith(`${row.provider}/`) ? "" : row.provider;
    const line = { key: `${modelId} ${row.provider}`, modelId, provider, cached: false, quantiles: row[series] };
    const apart = cached && row[cached];
    return apart?.count ? [line, { ...line, key: `${line.key} cached`, cached: true, quantiles: apart }] : [line];
  });
}

/** All figures that share the axis. */
export function valuesOf(lines: readonly Line[]): readonly number[] {
  return lines.flatMap(({ quantiles: { p50, p90, p99 } }) => [p50, p90, p99]).filter((value) => value !== null);
}
