/** Numbers, and where most of them lie. */
export interface Distribution {
  /** Ascending. */
  values: number[];
  least: number;
  median: number;
  /** Nine of ten are not above it. */
  ninetieth: number;
  most: number;
}

/** @returns null where there is nothing to tell */
export function distributionOf(numbers: readonly number[]): Distribution | null {
  const values = [...numbers].sort((a, b) => a - b);
  const [least] = values;
  const most = values.at(-1);
  if (least === undefined || most === undefined) return null;
  return { values, least, median: quantile(values, 0.5), ninetieth: quantile(values, 0.9), most };
}

/** The least of the values that a share of all does not exceed. @param values ascending, at least one */
function quantile(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
}
