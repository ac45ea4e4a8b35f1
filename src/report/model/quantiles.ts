/** Numbers with their quantiles. */
export interface Distribution {
  /** Ascending. */
  values: number[];
  min: number;
  median: number;
  /** The 90th percentile. */
  p90: number;
  max: number;
}

/** @returns null without numbers */
export function distributionOf(numbers: readonly number[]): Distribution | null {
  const values = [...numbers].sort((a, b) => a - b);
  const [min] = values;
  const max = values.at(-1);
  if (min === undefined || max === undefined) return null;
  return { values, min, median: quantile(values, 0.5), p90: quantile(values, 0.9), max };
}

/** The smallest value that at least this share of all values does not exceed. @param values ascending, at least one */
function quantile(values: readonly number[], share: number): number {
  return values[Math.max(0, Math.ceil(share * values.length) - 1)] ?? 0;
}
