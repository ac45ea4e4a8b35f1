import { mkdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SECOND } from '../../lib/clock.js';
import { readRuns } from '../artifacts.js';
import type { Call, Witness } from '../mock-api.js';
import type { Incident, IncidentKind } from './fault-plan.js';
import { APP, type Pm2, type Reader, signalTo, waitUntil } from './pm2-sandbox.js';

// What is done to the worker, to pm2 and to what is around them.

/** Everything that an incident can lay hands on. */
export interface Scene {
  pm2: Pm2;
  witness: Witness;
  reader: Reader;
  storage: Storage;
  now: () => number;
  /** @throws when the rehearsal is given up meanwhile */
  sleep(ms: number): Promise<void>;
  giveUp: AbortSignal;
  /** To the deadline, in milliseconds: a worker that is started after it begins another run. */
  leftMs: () => number;
  /** The worker was killed with SIGKILL, at that time, milliseconds since the epoch. */
  onKill(at: number): void;
}

/** An incident whose moment did not come, or that did not do what it does. The message is Korean. */
export class Missed extends Error {
  override readonly name = 'Missed';
}

/** @param begun called when it comes, where it has waited for its moment first */
export type Act = (scene: Scene, incident: Incident, begun: () => void) => Promise<void>;

/** Longer than anything takes that is waited for here, in milliseconds. */
const PATIENCE = 20 * SECOND;

export const ACTS: Record<IncidentKind, Act> = {
  unreachable: async (scene, { lastsMs }) => {
    const { witness, storage, sleep, now } = scene;
    await witness.gate.shut();
    const since = now();
    try {
      await sleep(lastsMs);
      // Not before the worker has felt it.
      const end = now() + PATIENCE;
      while (!(await wasRefused(storage, since))) {
        if (now() > end) throw new Missed('그동안 아무것도 부르지 않았습니다');
        await sleep(BETWEEN_LOOKS);
      }
    } finally {
      await witness.gate.open();
    }
  },
  folder_away: async (scene, { lastsMs }, begun) => {
    const { witness, storage, sleep, giveUp } = scene;
    // So that there is something to save when nothing can be saved.
    await hasCome(scene, '쓰는 중인 소설이 없습니다', () => witness.inHand().some(isWriting));
    storage.takeAway();
    begun();
    try {
      await waitUntil(() => witness.inHand().length === 0, PATIENCE, giveUp);
      await sleep(lastsMs);
    } finally {
      storage.giveBack();
    }
  },
  reader_stops: async (scene, { lastsMs }, begun) => {
    const pid = await settled(scene);
    begun();
    scene.reader.signal('SIGSTOP');
    try {
      await flood(scene, pid, lastsMs);
    } finally {
      scene.reader.signal('SIGCONT');
    }
  },
  daemon_stops: async (scene, { lastsMs }, begun) => {
    const pid = await settled(scene);
    begun();
    const daemon = scene.pm2.daemonPid();
    if (daemon === null || !signalTo(daemon, 'SIGSTOP')) throw new Missed('pm2 데몬이 없습니다');
    try {
      await flood(scene, pid, lastsMs);
    } finally {
      signalTo(daemon, 'SIGCONT');
    }
  },
  kill_in_call: async (scene, { lastsMs }, begun) => {
    const { witness, sleep } = scene;
    for (let tries = 1; tries <= TRIES; tries++) {
      await hasCome(scene, '쓰는 중인 소설이 없습니다', () => witness.inHand().some(isWriting));
      const [call] = witness.inHand();
      await sleep(lastsMs / tries);
      if (call !== undefined && call.endedAt === null) return kill(scene, begun);
    }
    throw new Missed('호출이 번번이 먼저 끝났습니다');
  },
  kill_in_wait: async (scene, { lastsMs }, begun) => {
    const { witness, sleep } = scene;
    for (let tries = 1; tries <= TRIES; tries++) {
      const before = witness.calls.length;
      await hasCome(scene, '끝난 소설이 없습니다', () => {
        const last = witness.calls.at(-1);
        return last !== undefined && last.index >= before && last.sent && last.shelf === 'stories';
      });
      const waiting = witness.calls.length;
      await sleep(SAVED_AFTER + lastsMs / tries);
      if (witness.calls.length === waiting) return kill(scene, begun);
    }
    throw new Missed('대기가 번번이 먼저 끝났습니다');
  },
  kill: async (scene, { lastsMs }) => {
    await scene.sleep(lastsMs);
    await kill(scene);
  },
  kill_twice: async (scene, { lastsMs }) => {
    await kill(scene);
    await scene.sleep(lastsMs);
    await kill(scene);
  },
  restart: async ({ pm2 }) => {
    await pm2.run(['restart', APP]);
  },
  stop_start: async ({ pm2, sleep, leftMs }, { lastsMs }) => {
    await pm2.run(['stop', APP]);
    if (pm2.workerPid() !== null) throw new Missed('pm2 stop 뒤에도 워커가 살아 있습니다');
    await sleep(lastsMs);
    if (leftMs() <= 0) throw new Missed('다시 시작하기 전에 하루가 끝났습니다');
    await pm2.start();
  },
  out_of_memory: async (scene) => {
    const { pm2 } = scene;
    // The same path as for a worker of a gigabyte, at a limit that any worker is above.
    await pm2.run(['restart', APP, '--max-memory-restart', '50M']);
    const before = memoryRestarts(pm2);
    const pid = pm2.workerPid();
    try {
      await hasCome(scene, 'pm2가 메모리를 확인하지 않았습니다', () => memoryRestarts(pm2) > before);
      await hasCome(scene, '다시 시작되지 않았습니다', () => ![null, pid].includes(pm2.workerPid()));
    } finally {
      await restoreLimit(scene);
    }
  },
};

const TRIES = 5;
/** Milliseconds. */
const BETWEEN_LOOKS = 50;

/** By then a story that has arrived is on disk, in milliseconds. */
const SAVED_AFTER = 60;

/** Has a call failed for want of a connection? @param since milliseconds since the epoch */
async function wasRefused({ folder }: Storage, since: number): Promise<boolean> {
  const [run] = await readRuns(folder);
  return (
    run?.attempts.some(
      ({ at, outcome }) => at >= since && outcome?.kind === 'failure' && outcome.code === 'connection',
    ) === true
  );
}

const isWriting = ({ text, sent }: Call) => text !== null && !sent;

async function hasCome({ giveUp }: Scene, otherwise: string, isSo: () => boolean): Promise<void> {
  if (await waitUntil(isSo, PATIENCE, giveUp)) return;
  giveUp.throwIfAborted();
  throw new Missed(otherwise);
}

/** Kills the worker, as the kernel does for want of memory, and waits until pm2 has started the next. */
async function kill(scene: Scene, begun = () => {}): Promise<void> {
  const { pm2, witness, now, onKill } = scene;
  await hasCome(scene, '워커가 없습니다', () => pm2.workerPid() !== null);
  const pid = pm2.workerPid();
  if (pid === null) throw new Missed('워커가 없습니다');
  begun();
  witness.markKilled();
  onKill(now());
  signalTo(pid, 'SIGKILL');
  await hasCome(scene, '죽은 워커가 다시 시작되지 않았습니다', () => ![null, pid].includes(pm2.workerPid()));
}

/** A worker that hears signals: it has asked for something. @returns its process id */
async function settled(scene: Scene): Promise<number> {
  const { pm2, witness } = scene;
  let pid: number | null = null;
  let asked = 0;
  await hasCome(scene, '일하는 워커가 없습니다', () => {
    if (pm2.workerPid() === pid && pid !== null) return witness.calls.length > asked;
    pid = pm2.workerPid();
    asked = witness.calls.length;
    return false;
  });
  return pid ?? Number.NaN;
}

/** Between two lines, in milliseconds: some hundred a second, and a socket of unread lines is full after three hundred. */
const BETWEEN_LINES = 2;

/**
 * Makes the worker say a lot for a while: it has a line to say for every SIGHUP. Where nobody reads it, its standard
 * output fills up.
 */
async function flood({ sleep }: Scene, pid: number, ms: number): Promise<void> {
  const end = performance.now() + ms;
  while (performance.now() < end && signalTo(pid, 'SIGHUP')) await sleep(BETWEEN_LINES);
  await sleep(Math.max(0, end - performance.now()));
}

const memoryRestarts = (pm2: Pm2) => pm2.log().split('restarted because it exceeds').length - 1;

const GIGABYTE = 1024 ** 3;

/** pm2 refuses to restart what it is just restarting by itself, but takes the limit. */
async function restoreLimit({ pm2, sleep, leftMs }: Scene): Promise<void> {
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

/** Where the stories are, and where the worker looks for them: a link, so that the one can go while the other stays. */
export interface Storage {
  /** What the worker is told. */
  outputDir: string;
  /** The stories, wherever the link points. */
  folder: string;
  /** Nothing can be written or read there any more; also not as root, nor is the folder made anew. */
  takeAway(): void;
  giveBack(): void;
}

export function openStorage(below: string): Storage {
  const [outputDir, folder, nothing] = ['stories', 'disk', 'no-folder'].map((name) => join(below, name)) as [
    string,
    string,
    string,
  ];
  mkdirSync(folder);
  writeFileSync(nothing, '');
  const point = (target: string) => {
    const next = `${outputDir}.next`;
    symlinkSync(target, next);
    // In one step: between two, the worker would find nothing, and make a folder.
    renameSync(next, outputDir);
  };
  point(folder);
  return { outputDir, folder, takeAway: () => point(nothing), giveBack: () => point(folder) };
}
