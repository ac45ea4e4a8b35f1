/** Several measurements of one thing. */
export interface Spread {
  median: number;
  least: number;
  most: number;
  /** How many measurements. */
  count: number;
}

/** The middle one, or the mean of the two in the middle. @throws RangeError without any */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [below, above] = [sorted[sorted.length % 2 === 0 ? middle - 1 : middle], sorted[middle]];
  if (below === undefined || above === undefined) throw new RangeError('no values');
  return (below + above) / 2;
}

/** @throws RangeError without any */
export function spreadOf(values: readonly number[]): Spread {
  return { median: median(values), least: Math.min(...values), most: Math.max(...values), count: values.length };
}

/** Three digits that count, as people read them: `0.0412`, `3.14`, `128`, `20,345`. */
export function formatNumber(value: number): string {
  if (Number.isInteger(value) || Math.abs(value) >= 100) return Math.round(value).toLocaleString('en-US');
  return String(Number(value.toPrecision(3)));
}

/** `3.1 (2.9–4)`; a single measurement without its spread. */
export function formatSpread({ median, least, most, count }: Spread): string {
  const middle = formatNumber(median);
  return count === 1 ? middle : `${middle} (${formatNumber(least)}–${formatNumber(most)})`;
}

/** Milliseconds that all processes of this machine count from the same start. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
