import type { Fixture } from './fixture.js';
import type { Row } from './table.js';

/** One case of the benchmark: a question, and the code that measures the answer. */
export interface BenchCase {
  /** The name for `--only`. */
  name: string;
  /** Korean: shown while the case runs. */
  title: string;
  run(fixture: Fixture, options: CaseOptions): Promise<CaseResult>;
}

export interface CaseOptions {
  /** Fewer rounds and smaller numbers: enough to see that the benchmark works, and for rough figures. */
  quick: boolean;
  /** When it aborts, the result will not be used. */
  signal: AbortSignal;
}

export interface CaseResult {
  rows: Row[];
  /** Korean: findings that do not fit a row. */
  notes?: string[];
}

/** Runs the contenders in turns, A B C A B C …, so that other load on the machine affects all of them alike. */
export async function interleave<Name extends string, T>(
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

/** Bytes per megabyte, as the kernel counts them. */
export const MB = 1024 * 1024;
