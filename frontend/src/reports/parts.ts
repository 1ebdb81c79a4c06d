// What a total is made of, laid end to end: the largest parts have a letter and a colour, the rest is one.

export interface Part {
  readonly key: string;
  readonly label: string;
  /** Of the whole, from 0 to 1. */
  readonly share: number;
}

export interface LetteredPart extends Part {
  /** Empty for the rest. */
  readonly letter: string;
  /** Which of the lanes' colours; null for the rest. */
  readonly colour: number | null;
}

interface Costing {
  readonly key: string;
  readonly label: string;
  readonly cost: number;
}

const most = 8;

/** `rows` may come in any order; `total` may hold more than they do. Nothing where nothing was spent. */
export function partsOf(rows: readonly Costing[], total: number): readonly LetteredPart[] {
  if (!(total > 0)) return [];
  const spent = rows.filter((row) => row.cost > 0).sort((one, other) => other.cost - one.cost);
  const lettered = spent.slice(0, most).map(({ key, label, cost }, place) => ({
    key,
    label,
    share: cost / total,
    letter: String.fromCharCode(65 + place),
    colour: place,
  }));
  const rest = 1 - lettered.reduce((sum, part) => sum + part.share, 0);
  // Sums of floats are never quite one.
  if (rest < 1e-9) return lettered;
  return [...lettered, { key: "", label: "the others", share: rest, letter: "", colour: null }];
}
