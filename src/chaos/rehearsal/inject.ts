import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND } from '../../lib/clock.js';
import type { TimeWindow } from '../../verify/log-check.js';
import { attemptsOf, readRuns } from '../artifacts.js';
import type { Call, MockApi } from '../mock-api.js';
import { signalTo, waitUntil } from '../processes.js';
import type { Kill } from '../reconcile.js';
import type { EnvironmentFault, EnvironmentFaultKind } from './fault-plan.js';
import { APP, type Pm2, type Reader } from './pm2-sandbox.js';

// Fault injection: what is done to the worker, to pm2 and to their surroundings.

/** Everything that a fault can act on. */
export interface Sandbox {
  pm2: Pm2;
  api: MockApi;
  reader: Reader;
  storage: Storage;
  now: () => number;
  /** @throws when the rehearsal is given up meanwhile */
  sleep(ms: number): Promise<void>;
  giveUp: AbortSignal;
  /** To the deadline, in milliseconds: a worker that is started after it begins another run. */
  leftMs: () => number;
  /** The worker was killed with SIGKILL. */
  onKill(kill: Kill): void;
}

/** What became of a fault, and when it was there. */
export interface Injected extends TimeWindow {
  fault: EnvironmentFault;
  /** Korean: why it did not come; null when it did. */
  missed: string | null;
}

/** A fault whose moment did not come, or that did not do what it does. The message is Korean. */
class MissedError extends Error {
  override readonly name = 'MissedError';
}

/** Injects a fault now, or in the moment that it is for; resolves when it is over, whether it came or not. */
export async function inject(sandbox: Sandbox, fault: EnvironmentFault): Promise<Injected> {
  const { now, giveUp } = sandbox;
  let from = now();
  const begun = () => {
    from = now();
  };
  try {
    await FAULTS[fault.kind](sandbox, fault, begun);
    return { fault, from, to: now(), missed: null };
  } catch (error) {
    giveUp.throwIfAborted();
    const { message } = error as Error;
    const missed = error instanceof MissedError ? message : `하지 못했습니다: ${message}`;
    return { fault, from, to: now(), missed };
  }
}

/** @param begun to be called when it comes, where it has waited for its moment first */
type Fault = (sandbox: Sandbox, fault: EnvironmentFault, begun: () => void) => Promise<void>;

/** Longer than anything takes that is waited for here, in milliseconds. */
const LONGEST_WAIT = 20 * SECOND;

const FAULTS: Record<EnvironmentFaultKind, Fault> = {
  unreachable: async ({ api, storage, sleep, now, giveUp }, { lastsMs }) => {
    await api.shut();
    const since = now();
    try {
      await sleep(lastsMs);
      // Not before the worker has noticed it.
      const isNoticed = await waitUntil(() => wasRefused(storage, since), LONGEST_WAIT, giveUp);
      if (!isNoticed) throw new MissedError('그동안 아무것도 부르지 않았습니다');
    } finally {
      await api.open();
    }
  },
  folder_away: async (sandbox, { lastsMs }, begun) => {
    const { api, storage, sleep, giveUp } = sandbox;
    // So that there is something to save when nothing can be saved.
    await waitFor(sandbox, '쓰는 중인 소설이 없습니다', () => api.inProgress().some(isWriting));
    storage.takeAway();
    begun();
    try {
      await waitUntil(() => api.inProgress().length === 0, LONGEST_WAIT, giveUp);
      await sleep(lastsMs);
    } finally {
      storage.giveBack();
    }
  },
  reader_stops: (sandbox, { lastsMs }, begun) => floodWhile(sandbox, lastsMs, begun, sandbox.reader.signal),
  daemon_stops: (sandbox, { lastsMs }, begun) =>
    floodWhile(sandbox, lastsMs, begun, (name) => signalTo(sandbox.pm2.daemonPid() ?? Number.NaN, name)),
  kill_in_call: async (sandbox, { lastsMs }, begun) => {
    const { api, sleep } = sandbox;
    for (let tries = 1; tries <= TRIES; tries++) {
      await waitFor(sandbox, '쓰는 중인 소설이 없습니다', () => api.inProgress().some(isWriting));
      const call = api.inProgress().find(isWriting);
      await sleep(lastsMs / tries);
      if (call?.endedAt === null) return kill(sandbox, begun);
    }
    throw new MissedError('호출이 번번이 먼저 끝났습니다');
  },
  kill_in_wait: async (sandbox, { lastsMs }, begun) => {
    const { api, sleep } = sandbox;
    for (let tries = 1; tries <= TRIES; tries++) {
      const before = api.calls.length;
      const isSaved = ({ index, sent, destination }: Call) => index >= before && sent && destination === 'stories';
      await waitFor(sandbox, '끝난 소설이 없습니다', () => api.calls.slice(-1).some(isSaved));
      const waiting = api.calls.length;
      await sleep(SAVED_AFTER + lastsMs / tries);
      if (api.calls.length === waiting) return kill(sandbox, begun);
    }
    throw new MissedError('대기가 번번이 먼저 끝났습니다');
  },
  kill: async (sandbox, { lastsMs }) => {
    await sandbox.sleep(lastsMs);
    await kill(sandbox);
  },
  kill_twice: async (sandbox, { lastsMs }) => {
    await kill(sandbox);
    await sandbox.sleep(lastsMs);
    await kill(sandbox);
  },
  restart: async ({ pm2 }) => {
    await pm2.run(['restart', APP]);
  },
  stop_start: async ({ pm2, sleep, leftMs }, { lastsMs }) => {
    await pm2.run(['stop', APP]);
    if (pm2.workerPid() !== null) throw new MissedError('pm2 stop 뒤에도 워커가 살아 있습니다');
    await sleep(lastsMs);
    if (leftMs() <= 0) throw new MissedError('다시 시작하기 전에 하루가 끝났습니다');
    await pm2.start();
  },
  out_of_memory: async (sandbox) => {
    const { pm2 } = sandbox;
    // Any worker is above this limit, and pm2 does the same as above a gigabyte.
    await pm2.run(['restart', APP, '--max-memory-restart', '50M']);
    const before = memoryRestarts(pm2);
    const pid = pm2.workerPid();
    try {
      await waitFor(sandbox, 'pm2가 메모리를 확인하지 않았습니다', () => memoryRestarts(pm2) > before);
      await waitFor(sandbox, '다시 시작되지 않았습니다', () => ![null, pid].includes(pm2.workerPid()));
    } finally {
      await restoreLimit(sandbox);
    }
  },
};

const TRIES = 5;
/** How long a story that has arrived takes to be on disk, in milliseconds. */
const SAVED_AFTER = 60;

/** Has a call failed because the connection was refused? @param since milliseconds since the epoch */
async function wasRefused({ folder }: Storage, since: number): Promise<boolean> {
  const attempts = (await readRuns(folder)).flatMap(attemptsOf);
  return attempts.some(
    ({ record, outcome }) => record.at >= since && outcome?.kind === 'failure' && outcome.code === 'connection',
  );
}

const isWriting = ({ text, sent }: Call) => text !== null && !sent;

/** @param otherwise Korean: why the fault is missed when it does not come to be so */
async function waitFor({ giveUp }: Sandbox, otherwise: string, isSo: () => boolean): Promise<void> {
  if (await waitUntil(isSo, LONGEST_WAIT, giveUp)) return;
  giveUp.throwIfAborted();
  throw new MissedError(otherwise);
}

/** Kills the worker, as the kernel does when memory runs out, and waits until pm2 has started the next. */
async function kill(sandbox: Sandbox, begun = () => {}): Promise<void> {
  const { pm2, api, now, onKill } = sandbox;
  await waitFor(sandbox, '워커가 없습니다', () => pm2.workerPid() !== null);
  const pid = pm2.workerPid();
  if (pid === null) throw new MissedError('워커가 없습니다');
  begun();
  api.markKilled();
  onKill({ pid, at: now() });
  signalTo(pid, 'SIGKILL');
  await waitFor(sandbox, '죽은 워커가 다시 시작되지 않았습니다', () => ![null, pid].includes(pm2.workerPid()));
}

/** Waits for a worker that handles signals: it has asked for something. @returns its process id */
async function settled(sandbox: Sandbox): Promise<number> {
  const { pm2, api } = sandbox;
  let pid: number | null = null;
  let asked = 0;
  await waitFor(sandbox, '일하는 워커가 없습니다', () => {
    if (pm2.workerPid() === pid && pid !== null) return api.calls.length > asked;
    pid = pm2.workerPid();
    asked = api.calls.length;
    return false;
  });
  return pid ?? Number.NaN;
}

/** Between two lines, in milliseconds: some hundred per second, and three hundred unread ones fill a socket. */
const BETWEEN_LINES = 2;

/**
 * Stops a process that reads the worker's standard output and makes the worker write many lines, one per SIGHUP, so that
 * the output fills up.
 * @param signal of that process; returns false when there is none
 */
async function floodWhile(
  sandbox: Sandbox,
  ms: number,
  begun: () => void,
  signal: (name: NodeJS.Signals) => boolean,
): Promise<void> {
  const pid = await settled(sandbox);
  begun();
  if (!signal('SIGSTOP')) throw new MissedError('멈출 프로세스가 없습니다');
  try {
    const end = performance.now() + ms;
    while (performance.now() < end && signalTo(pid, 'SIGHUP')) await sandbox.sleep(BETWEEN_LINES);
    await sandbox.sleep(Math.max(0, end - performance.now()));
  } finally {
    signal('SIGCONT');
  }
}

const memoryRestarts = (pm2: Pm2) => pm2.log().split('restarted because it exceeds').length - 1;

const GIGABYTE = 1024 ** 3;

/** Raises the limit again. pm2 refuses to restart a worker that it is restarting by itself, but takes the limit. */
async function restoreLimit({ pm2, sleep, leftMs }: Sandbox): Promise<void> {
  for (let tries = 1; leftMs() > 0; tries++) {
    const refused = await pm2.run(['restart', APP, '--max-memory-restart', '1G']).then(
      () => null,
      (error: unknown) => error,
    );
    if (refused === null) return;
    await sleep(SECOND);
    if ((await pm2.readApp())?.memoryLimit === GIGABYTE) return;
    if (tries === TRIES) throw refused;
  }
}

/** The story folder, and the link to it that the worker is given: the link can lose its target while the folder stays. */
export interface Storage {
  /** The link. */
  outputDir: string;
  /** The folder itself. */
  folder: string;
  /** The worker can neither read nor write there any more, also as root, nor make the folder anew. */
  takeAway(): void;
  giveBack(): void;
}

export function openStorage(below: string): Storage {
  const outputDir = join(below, 'stories');
  const folder = join(below, 'disk');
  const nothing = join(below, 'no-folder');
  mkdirSync(folder);
  writeFileSync(nothing, '');
  const point = (target: string) => {
    const next = `${outputDir}.next`;
    symlinkSync(target, next);
    // Atomic: without a link for a moment, the worker would make a folder.
    renameSync(next, outputDir);
  };
  point(folder);
  return { outputDir, folder, takeAway: () => point(nothing), giveBack: () => point(folder) };
}
