// A row of values as the path of a small line that grows from the right.

/** Empty until there are two values; a quiet row is drawn along the bottom, not blown up to full height. */
export function sparkline(values: readonly number[], slots: number, width: number, height: number): string {
  if (values.length < 2) return "";
  const shown = values.slice(-slots);
  const top = Math.max(...shown);
  const bottom = Math.min(0, ...shown);
  const span = top - bottom || 1;
  const step = width / (slots - 1);
  const start = width - (shown.length - 1) * step;
  const points = shown.map((value, index) => {
    const x = start + index * step;
    const y = height - ((value - bottom) / span) * height;
    return `${round(x)} ${round(y)}`;
  });
  return `M${points.join("L")}`;
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}
