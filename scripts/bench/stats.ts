/** The statistics of several measurements of one quantity. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  /** Number of measurements. */
  count: number;
}

/** The middle value, or the mean of the two middle values. @throws RangeError for an empty list */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return (below + above) / 2;
}

/** @throws RangeError for an empty list */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), count: values.length };
}

/** A number with three significant digits: `0.0412`, `3.14`, `128`, `20,345`. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `3.1 (2.9–4)`: the median, least and most. A single measurement is written alone. */
export function formatSpread({ median, least, most, count }: Spread): string {
  const middle = formatNumber(median);
  return count === 1 ? middle : `${middle} (${formatNumber(least)}–${formatNumber(most)})`;
}

/** A monotonic clock in milliseconds, with the same zero in all processes of this machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
