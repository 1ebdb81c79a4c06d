// Tokens, rates and bytes. Knows nothing of where they were counted.
import { type Amount, count, decimal, isKnown, signed, unknown } from "./numbers";

/** "1,204". */
export function tokens(value: Amount, locale?: string): string {
  return count(value, locale);
}

/** Where there is little room: "812", "12.4k", "1.2M". */
export function compactTokens(value: Amount, locale?: string): string {
  if (!isKnown(value)) return unknown;
  if (Math.abs(value) < 1000) return count(value, locale);
  if (Math.abs(value) < 999_950) return `${oneDigit(value / 1000, locale)}k`;
  return `${oneDigit(value / 1_000_000, locale)}M`;
}

export function signedTokens(value: Amount, base: Amount, locale?: string): string {
  return isKnown(value) && isKnown(base) ? signed(value - base, 0, locale) : unknown;
}

/** "83 tok/s"; the slow ones keep a digit after the mark. */
export function rate(tokensPerSecond: Amount, locale?: string): string {
  if (!isKnown(tokensPerSecond)) return unknown;
  return `${decimal(tokensPerSecond, Math.abs(tokensPerSecond) < 9.95 ? 1 : 0, locale)} tok/s`;
}

const steps = ["B", "KB", "MB", "GB", "TB"] as const;

/** Bytes in steps of 1,024, as a figure and its unit. */
export function sizeParts(value: number, locale?: string): { figure: string; unit: string } {
  let rest = value;
  let step = 0;
  while (rest >= 999.5 && step < steps.length - 1) {
    rest /= 1024;
    step += 1;
  }
  const digits = step === 0 || rest >= 99.95 ? 0 : 1;
  return { figure: decimal(rest, digits, locale), unit: steps[step] ?? "B" };
}

/** "84.5 MB". */
export function bytes(value: Amount, locale?: string): string {
  if (!isKnown(value)) return unknown;
  const { figure, unit } = sizeParts(value, locale);
  return `${figure} ${unit}`;
}

function oneDigit(value: number, locale?: string): string {
  return decimal(value, Math.abs(value) < 99.95 ? 1 : 0, locale);
}
