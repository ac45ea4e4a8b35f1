import type { Ground } from './fixture.js';
import type { Row } from './table.js';

/** One question, and how it is answered. */
export interface Measure {
  /** For `--only`. */
  name: string;
  /** Korean. */
  title: string;
  run(ground: Ground, options: MeasureOptions): Promise<Measured>;
}

export interface MeasureOptions {
  /** Fewer rounds and smaller numbers: shows that the bench works, and roughly where the worker stands. */
  quick: boolean;
  /** Once it aborts, what the measure comes to is of no use. */
  signal: AbortSignal;
}

export interface Measured {
  rows: Row[];
  /** What is worth knowing and fits no row, in Korean. */
  notes?: string[];
}

/** Lets the contenders take turns, A B C A B C …, so that what else the machine does meets all of them. */
export async function takeTurns<Name extends string, T>(
  rounds: number,
  contenders: Record<Name, () => Promise<T>>,
): Promise<Record<Name, T[]>> {
  const entries = Object.entries(contenders) as [Name, () => Promise<T>][];
  const results = Object.fromEntries(entries.map(([name]) => [name, [] as T[]])) as Record<Name, T[]>;
  for (let round = 0; round < rounds; round++) {
    for (const [name, run] of entries) results[name].push(await run());
  }
  return results;
}

/** Bytes in a megabyte, as the kernel counts. */
export const MB = 1024 * 1024;
