// Where a key leads in a list of names: arrows go round, a letter goes to the next that begins with it. Pure.

/** Null: nowhere. */
export function placeAfter(key: string, names: readonly string[], here: number): number | null {
  const amount = names.length;
  if (amount === 0) return null;
  const there = { ArrowDown: here + 1, ArrowUp: here < 0 ? -1 : here - 1, Home: 0, End: amount - 1 }[key];
  if (there !== undefined) return (there + amount) % amount;
  if (key.length !== 1 || key === " ") return null;
  const begins = (place: number): boolean => names[place % amount]?.toLowerCase().startsWith(key.toLowerCase()) === true;
  const found = names.findIndex((_, step) => begins(here + 1 + step));
  return found < 0 ? null : (here + 1 + found) % amount;
}
