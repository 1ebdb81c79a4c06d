// A text cut where words were found in it. Pure; offsets are UTF-16 units, as the server counts them.

export interface Piece {
  readonly text: string;
  readonly marked: boolean;
}

export function pieces(text: string, marks: readonly (readonly [number, number])[]): readonly Piece[] {
  const cut: Piece[] = [];
  let at = 0;
  for (const [start, end] of [...marks].sort(([one], [other]) => one - other)) {
    const from = Math.max(at, start);
    const to = Math.min(text.length, end);
    if (from >= to) continue;
    if (from > at) cut.push({ text: text.slice(at, from), marked: false });
    cut.push({ text: text.slice(from, to), marked: true });
    at = to;
  }
  if (at < text.length) cut.push({ text: text.slice(at), marked: false });
  return cut;
}
