// One axis for the figures of many rows: where each lies on it, and which round figures are written beside it.

export interface Scale {
  readonly logarithmic: boolean;
  readonly ticks: readonly number[];
  /** From 0 to 1. */
  readonly at: (value: number) => number;
}

/** From so many times on, a straight axis would press the small ones into its corner. */
const wide = 40;
const intervals = 4;

/** Straight axes begin at nothing. Null where there is nothing to show. */
export function scaleOf(values: readonly number[]): Scale | null {
  const positive = values.filter((value) => value > 0);
  if (!positive.length) return null;
  const least = Math.min(...positive);
  const most = Math.max(...positive);
  return most / least >= wide ? logarithmic(least, most) : linear(most);
}

function linear(most: number): Scale {
  const step = roundStep(most / intervals);
  const count = Math.ceil(most / step - 1e-9);
  const end = step * count;
  const ticks = Array.from({ length: count + 1 }, (_, number) => clean(number * step));
  return { logarithmic: false, ticks, at: (value) => within(value / end) };
}

function logarithmic(least: number, most: number): Scale {
  const [first, last] = [Math.log10(roundBelow(least)), Math.log10(roundStep(most))];
  const lowest = Math.ceil(first - 1e-9);
  const tenfolds = Math.floor(last + 1e-9) - lowest;
  const every = Math.max(1, Math.ceil(tenfolds / intervals));
  const ticks = Array.from({ length: Math.floor(tenfolds / every) + 1 }, (_, place) => 10 ** (lowest + place * every));
  const at = (value: number) => (value > 0 ? within((Math.log10(value) - first) / (last - first)) : 0);
  return { logarithmic: true, ticks: ticks.map(clean), at };
}

function roundBelow(most: number): number {
  const power = 10 ** Math.floor(Math.log10(most));
  return (most >= 5 * power ? 5 : most >= 2 * power ? 2 : 1) * power;
}

/** The next of 1, 2, 2.5, 5 and their tenfolds. */
function roundStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return (([1, 2, 2.5, 5, 10] as const).find((each) => each * power >= least * (1 - 1e-9)) ?? 10) * power;
}

function within(place: number): number {
  return Math.min(1, Math.max(0, place));
}

/** 0.1 * 3 is not 0.3. */
function clean(value: number): number {
  return Number(value.toPrecision(12));
}
