import { cliCase } from './cases/cli.js';
import { idleCase } from './cases/idle.js';
import { logSizeCase } from './cases/log-size.js';
import { longHistoryCase } from './cases/long-history.js';
import { manyCase } from './cases/many.js';
import { memoryCase } from './cases/memory.js';
import { profileCase } from './cases/profile.js';
import { shutdownCase } from './cases/shutdown.js';
import { startupCase } from './cases/startup.js';
import { throughputCase } from './cases/throughput.js';
import { type FixtureOptions, openFixture } from './fixture.js';
import type { BenchCase, CaseOptions } from './runner.js';
import type { Row } from './table.js';

/** All cases, in the order in which they run. */
export const CASES: readonly BenchCase[] = [
  cliCase,
  startupCase,
  shutdownCase,
  throughputCase,
  manyCase,
  logSizeCase,
  profileCase,
  longHistoryCase,
  memoryCase,
  idleCase,
];

export interface BenchOptions extends FixtureOptions, CaseOptions {
  /** Names of cases; null: all. */
  only: readonly string[] | null;
  /** Called before each case. */
  onCase: (benchCase: BenchCase) => void;
}

export interface BenchResult {
  rows: Row[];
  notes: string[];
  /** Cases that failed, and why. */
  failures: { measure: string; reason: string }[];
  /** Stopped before all cases had run. */
  aborted: boolean;
}

/**
 * Runs the cases one after another; a case that fails does not stop the others. When the signal aborts, the result of the
 * current case is dropped, and no other case starts.
 */
export async function bench({ only, quick, onCase, signal, ...options }: BenchOptions): Promise<BenchResult> {
  const result: BenchResult = { rows: [], notes: [], failures: [], aborted: false };
  for (const benchCase of CASES) {
    const { name, run } = benchCase;
    if (only !== null && !only.includes(name)) continue;
    if (signal.aborted) break;
    onCase(benchCase);
    const fixture = await openFixture(options);
    try {
      const { rows, notes = [] } = await unlessAborted(signal, run(fixture, { quick, signal }));
      result.rows.push(...rows);
      result.notes.push(...notes);
    } catch (error) {
      if (signal.aborted) break;
      result.failures.push({ measure: name, reason: error instanceof Error ? error.message : String(error) });
    } finally {
      await fixture.close();
    }
  }
  return { ...result, aborted: signal.aborted };
}

/**
 * Rejects as soon as the signal aborts. The case may go on for a moment, without effect: closing the fixture ends its
 * processes and removes its folder.
 */
function unlessAborted<T>(signal: AbortSignal, result: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([aborted, result]);
}
