import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SECOND, systemClock } from '../../lib/clock.js';
import { readRuns } from '../artifacts.js';
import { waitUntil } from '../processes.js';
import type { Supervised } from './behaviour-checks.js';
import { openPm2, type Pm2, type Reader } from './pm2-sandbox.js';

// A worker under pm2, in a folder of its own, from its start to its end.

export interface SessionOptions {
  /** The project: the folder of ecosystem.config.cjs, dist and config. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** Ends the session; it then rejects with the signal's reason, and nothing is left running. */
  giveUp: AbortSignal;
}

export interface Session {
  folder: string;
  pm2: Pm2;
  /** @throws when the session is given up meanwhile */
  sleep(ms: number): Promise<void>;
  /** Starts the worker. @returns when its run began, milliseconds since the epoch, and what reads its log */
  start(
    settings: Readonly<Record<string, string>>,
    storyFolder: string,
  ): Promise<{ startedAt: number; reader: Reader }>;
  /** Waits until pm2 shows the worker stopped, or until `longestMs` have passed. */
  untilStopped(longestMs: number): Promise<Supervised>;
}

export interface SessionChoices {
  /**
   * How long the worker may take to finish its story when the session ends before it, in milliseconds; 0: not at all, and
   * the folder of a session that is given up is removed.
   */
  graceMs: number;
  /** The worker's flags; none by default. */
  flags?: readonly string[];
  /** Called with each line of `pm2 logs`. */
  onLine?: (line: string) => void;
}

/** A worker that could not begin; the message is for the user. */
export class RehearsalError extends Error {
  override readonly name = 'RehearsalError';
}

/** Longer than any start takes, in milliseconds. */
const LONGEST_START = 30 * SECOND;

export async function withSession<T>(
  { root, env, giveUp }: SessionOptions,
  { graceMs, flags = [], onLine = () => {} }: SessionChoices,
  act: (session: Session) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  const pm2 = openPm2({ home: join(folder, 'pm2'), root, env, flags });
  const readers: Reader[] = [];
  let storiesWatched = 0;
  try {
    return await act({ folder, pm2, sleep, start, untilStopped });
  } finally {
    for (const reader of readers) reader.close();
    await pm2.end(graceMs);
    // By now no process writes there any more.
    if (giveUp.aborted && graceMs === 0) await rm(folder, { recursive: true, force: true });
  }

  async function sleep(ms: number): Promise<void> {
    await systemClock.sleep(ms, giveUp);
    giveUp.throwIfAborted();
  }

  async function start(settings: Readonly<Record<string, string>>, storyFolder: string) {
    await pm2.start(settings);
    const reader = pm2.openReader((line) => {
      if (line.includes('번째 소설 저장 - ')) storiesWatched += 1;
      onLine(line);
    });
    readers.push(reader);
    const begin = async () => (await readRuns(storyFolder))[0]?.ledger.begin;
    await waitUntil(async () => (await begin()) !== undefined, LONGEST_START, giveUp);
    giveUp.throwIfAborted();
    const startedAt = (await begin())?.at;
    if (startedAt !== undefined) return { startedAt, reader };
    const app = await pm2.readApp();
    throw new RehearsalError(
      `워커가 실행을 시작하지 않았습니다 (${app?.status}, 종료 코드 ${app?.exitCode})\n${pm2.errors()}`,
    );
  }

  async function untilStopped(longestMs: number): Promise<Supervised> {
    const isStopped = async () => {
      if (pm2.workerPid() !== null) return false;
      const status = (await pm2.readApp())?.status ?? 'stopped';
      return status === 'stopped' || status === 'errored';
    };
    await waitUntil(isStopped, longestMs, giveUp);
    giveUp.throwIfAborted();
    const app = await pm2.readApp();
    return { app, workersLeft: pm2.workersLeft(), mostWorkers: pm2.mostWorkers(), storiesWatched };
  }
}
