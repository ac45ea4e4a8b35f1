import { help } from './cases/cli.js';
import { waiting } from './cases/idle.js';
import { logSize } from './cases/log-size.js';
import { oldFolder } from './cases/long-history.js';
import { memory } from './cases/memory.js';
import { profiles } from './cases/profile.js';
import { stop } from './cases/shutdown.js';
import { start } from './cases/startup.js';
import { throughput } from './cases/throughput.js';
import { type GroundOptions, openGround } from './fixture.js';
import type { Measure, MeasureOptions } from './runner.js';
import type { Row } from './table.js';

/** All measures, in the order in which they are taken. */
export const MEASURES: readonly Measure[] = [
  help,
  start,
  stop,
  throughput,
  logSize,
  profiles,
  oldFolder,
  memory,
  waiting,
];

export interface BenchOptions extends GroundOptions, MeasureOptions {
  /** Names of measures; null: all. */
  only: readonly string[] | null;
  /** Told before each measure. */
  onMeasure: (measure: Measure) => void;
}

export interface BenchResult {
  rows: Row[];
  notes: string[];
  /** Measures that failed, and why. */
  failures: { measure: string; reason: string }[];
  /** Stopped before all were taken. */
  aborted: boolean;
}

/**
 * Takes the measures one after another. One that fails does not keep the others from being taken. Once the signal aborts,
 * nothing is left of the measure in hand, and no other is begun.
 */
export async function bench({ only, quick, onMeasure, signal, ...options }: BenchOptions): Promise<BenchResult> {
  const result: BenchResult = { rows: [], notes: [], failures: [], aborted: false };
  for (const measure of MEASURES) {
    if (only !== null && !only.includes(measure.name)) continue;
    if (signal.aborted) break;
    onMeasure(measure);
    const ground = await openGround(options);
    try {
      const { rows, notes = [] } = await unlessAborted(signal, measure.run(ground, { quick, signal }));
      result.rows.push(...rows);
      result.notes.push(...notes);
    } catch (error) {
      if (signal.aborted) break;
      result.failures.push({ measure: measure.name, reason: error instanceof Error ? error.message : String(error) });
    } finally {
      await ground.close();
    }
  }
  return { ...result, aborted: signal.aborted };
}

/** What the measure goes on with after an abort comes to nothing: its processes and its folder are gone. */
function unlessAborted<T>(signal: AbortSignal, measuring: Promise<T>): Promise<T> {
  const aborted = new Promise<never>((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
  return Promise.race([aborted, measuring]);
}
