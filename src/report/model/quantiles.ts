/** Numbers, and where most of them lie. */
export interface Distribution {
  /** Ascending. */
  values: number[];
  min: number;
  median: number;
  /** Nine of ten are not above it. */
  p90: number;
  max: number;
}

/** @returns null where there is nothing to tell */
export function distributionOf(numbers: readonly number[]): Distribution | null {
  const values = [...numbers].sort((a, b) => a - b);
  const [min] = values;
  const max = values.at(-1);
  if (min === undefined || max === undefined) return null;
  return { values, min, median: quantile(values, 0.5), p90: quantile(values, 0.9), max };
}

/** The least of the values that a share of all does not exceed. @param values ascending, at least one */
function quantile(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
}
