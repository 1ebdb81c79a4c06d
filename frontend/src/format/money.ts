// US dollars and how sure they are. Knows nothing of models, lanes or prices.
import { type Amount, isKnown, numberFormat, unknown, withMinus } from "./numbers";

export type Origin = "reported" | "computed" | "estimated" | "unknown";

const marks: Record<Origin, string> = { reported: "✓", computed: "=", estimated: "≈", unknown };

const words: Record<Origin, string> = {
  reported: "billed by the provider",
  computed: "computed from list prices",
  estimated: "estimated",
  unknown: "cost unknown",
};

/** "$0.0042", "≈ $0.01", "—". */
export function cost(usd: Amount, origin: Origin = "computed", locale?: string): string {
  if (!isKnown(usd) || origin === "unknown") return unknown;
  return origin === "estimated" ? `≈ ${dollars(usd, locale)}` : dollars(usd, locale);
}

/** The same for a screen reader or a tooltip: "$0.0042, computed from list prices". */
export function costInWords(usd: Amount, origin: Origin = "computed", locale?: string): string {
  if (!isKnown(usd) || origin === "unknown") return words.unknown;
  return `${dollars(usd, locale)}, ${words[origin]}`;
}

/** The sign that says where a figure is from. */
export function originMark(origin: Origin): string {
  return marks[origin];
}

export function originInWords(origin: Origin): string {
  return words[origin];
}

/** What it costs more or less than its base: "+$0.001". */
export function signedCost(usd: Amount, base: Amount, locale?: string): string {
  if (!isKnown(usd) || !isKnown(base)) return unknown;
  return dollars(usd - base, locale, "exceptZero");
}

function dollars(usd: number, locale?: string, signDisplay: "auto" | "exceptZero" = "auto"): string {
  const options = {
    style: "currency",
    currency: "USD",
    currencyDisplay: "narrowSymbol",
    minimumFractionDigits: 2,
    maximumFractionDigits: digitsFor(usd),
    signDisplay,
  } as const;
  return withMinus(numberFormat(options, locale).format(usd));
}

/** Cents, and below a dollar two digits that mean something. */
function digitsFor(usd: number): number {
  const size = Math.abs(usd);
  if (size >= 1 || size === 0) return 2;
  return Math.min(10, Math.max(2, 1 - Math.floor(Math.log10(size))));
}
