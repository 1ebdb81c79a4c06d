// Sums of costs of which a part may be unknown.

/** Null where nothing is known: that no cent is known to be spent does not mean that none was. */
export function knownSum(usd: number, unknownCosts: number): number | null {
  return usd === 0 && unknownCosts > 0 ? null : usd;
}
