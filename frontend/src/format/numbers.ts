// Figures in the reader's own notation. Knows digits and signs, not what is counted.

/** What stands where nobody knows: never a zero. */
export const unknown = "—";

export type Amount = number | null | undefined;

export function isKnown(value: Amount): value is number {
  return typeof value === "number" && Number.isFinite(value);
}

// Building a formatter costs far more than using one, and lanes format many figures in every frame.
const formatters = new Map<string, Intl.NumberFormat>();

export function numberFormat(options: Intl.NumberFormatOptions, locale?: string): Intl.NumberFormat {
  const key = `${locale ?? ""} ${JSON.stringify(options)}`;
  const known = formatters.get(key);
  if (known) return known;
  const fresh = new Intl.NumberFormat(locale, options);
  formatters.set(key, fresh);
  return fresh;
}

/** With exactly so many digits after the decimal mark. */
export function decimal(value: number, digits: number, locale?: string): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return withMinus(numberFormat(options, locale).format(value));
}

export function count(value: Amount, locale?: string): string {
  return isKnown(value) ? decimal(Math.round(value), 0, locale) : unknown;
}

/** A share of one: 0.12 is "12 %". What is not quite nothing or not quite all is never rounded into it. */
export function percent(share: Amount, locale?: string): string {
  if (!isKnown(share)) return unknown;
  if (share > 0 && share < 0.005) return `< ${decimal(1, 0, locale)} %`;
  if (share < 1 && share >= 0.995) return `> ${decimal(99, 0, locale)} %`;
  return `${decimal(share * 100, 0, locale)} %`;
}

/** By how much a value differs from its base, in parts of the base: "−12 %". */
export function signedPercent(value: Amount, base: Amount, locale?: string): string {
  if (!isKnown(value) || !isKnown(base) || base === 0) return unknown;
  return `${signed((value - base) / Math.abs(base) * 100, 0, locale)} %`;
}

/** With its sign, unless it rounds to nothing. */
export function signed(value: number, digits: number, locale?: string): string {
  const options = { minimumFractionDigits: digits, maximumFractionDigits: digits, signDisplay: "exceptZero" } as const;
  return withMinus(numberFormat(options, locale).format(value));
}

/** A hyphen is too short beside a plus, and screen readers pass over it. */
export function withMinus(text: string): string {
  return text.replace("-", "−");
}
