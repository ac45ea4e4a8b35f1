import { spawn } from 'node:child_process';
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { devNull } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { SETTING_NAMES, SETTINGS } from '../../config/settings.js';
import { listFolder } from '../../lib/files.js';
import type { Random } from '../../lib/random.js';
import { createInspection, type Inspect } from './invariants.js';
import type { Life } from './kill-phase.js';
import { keyOfLife, type ReplyKind, startWitness } from './mock-api.js';

// One run of the real worker, in as many lives as it takes, between an endpoint that remembers and a folder that has to
// agree with it.

/** What can be waited for in a life. */
export type Moment =
  | 'start' // the process is started
  | 'opening' // it looks for a run to go on with, and puts right what it finds
  | 'request' // it asks for a story
  | 'completed' // the answer has left the endpoint whole
  | 'file' // something below the story folder has changed
  | 'stored' // a text is in its place
  | 'ending'; // the last record is written

export interface SceneOptions {
  /** For this scene alone; made when it is not there. */
  folder: string;
  /** Path of the worker's main.js. */
  worker: string;
  maxStories: number;
  /** Tells the texts of this scene from those of others. */
  id: string;
  replies: (index: number) => ReplyKind;
  random: Random;
  /** The disk fails on the way, so that the worker has to hold what it cannot save. */
  diskFails?: boolean;
}

export interface LifeOptions {
  /** What to do to the worker at its moments. */
  onMoment?: (moment: Moment, worker: { signal(name: NodeJS.Signals): void }) => void;
  /** Flags of node. */
  nodeFlags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export interface LifeEnd {
  code: number | null;
  /** A signal ended it. */
  killed: boolean;
  stderr: string;
}

export interface Scene {
  outputDir: string;
  /** Starts the worker and resolves when it is gone. */
  live(options?: LifeOptions): Promise<LifeEnd>;
  /** Compares folder, ledger, log and endpoint. */
  check: Inspect;
  close(): Promise<void>;
}

/** Longer than any life takes, in milliseconds. */
const HUNG_AFTER = 60_000;

export async function openScene(options: SceneOptions): Promise<Scene> {
  const { folder, worker, maxStories, id, replies, random, diskFails = false } = options;
  const outputDir = join(folder, 'stories');
  const logDir = join(folder, 'logs');
  await mkdir(outputDir, { recursive: true });
  const lives: Life[] = [];
  const logSizesAtKills = new Map<string, Set<number>>();
  let onMoment: (moment: Moment) => void = () => {};
  const witness = await startWitness({ id, replies, random, notify: (what) => onMoment(what) });
  const { calls, close } = witness;
  const check = createInspection({ outputDir, logDir, maxStories, diskFails, calls, lives, logSizesAtKills });

  return { outputDir, live, check, close };

  async function live(options: LifeOptions = {}): Promise<LifeEnd> {
    const number = lives.length + 1;
    const flags = ['--resume', '--max-stories', String(maxStories)];
    const child = spawn(process.execPath, [...(options.nodeFlags ?? []), worker, ...flags], {
      env: { ...environment(number), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const life: Life = { number, pid: child.pid ?? 0, killed: false };
    lives.push(life);
    const hung = setTimeout(() => child.kill('SIGABRT'), HUNG_AFTER);
    onMoment = (moment) => options.onMoment?.(moment, { signal: (name) => child.kill(name) });
    onMoment('start');
    const stopWatching = watchAll(outputDir, () => onMoment('file'));
    createInterface(child.stdout).on('line', (line) => {
      const moment = MOMENT_OF[/"event":"(\w+)"/.exec(line)?.[1] ?? ''];
      if (moment !== undefined) onMoment(moment);
    });
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
    });
    const [code, signal] = await new Promise<[number | null, NodeJS.Signals | null]>((resolve, reject) => {
      child.on('error', reject);
      child.on('close', (...end) => resolve(end));
    });
    clearTimeout(hung);
    stopWatching();
    onMoment = () => {};
    // A worker that is told to stop before it listens dies of that.
    life.killed = signal === 'SIGKILL' || signal === 'SIGINT';
    if (life.killed) await rememberLog();
    return { code, killed: life.killed, stderr: signal === 'SIGABRT' ? `${stderr}\n(hung)` : stderr };
  }

  function environment(life: number): NodeJS.ProcessEnv {
    const ours = new Set<string>([...SETTING_NAMES.map((name) => SETTINGS[name].env), 'NODE_ENV', 'pm_id']);
    const inherited = Object.entries(process.env).filter(([name]) => !ours.has(name) && !name.startsWith('NODE_TEST'));
    return {
      ...Object.fromEntries(inherited),
      // The .env file of the project is not for this worker.
      ENV_FILE: devNull,
      ANTHROPIC_API_KEY: keyOfLife(life),
      ANTHROPIC_BASE_URL: witness.url,
      OUTPUT_DIR: outputDir,
      LOG_DIR: logDir,
      LOG_FORMAT: 'json',
      MIN_STORY_CHARACTERS: '100',
      RETRY_BASE_SECONDS: '0.002',
      RETRY_MAX_SECONDS: '0.01',
      INTERVAL_SECONDS: '0.001',
      // A worker that outlives its endpoint must not go on for ever.
      MAX_CONSECUTIVE_FAILURES: '100',
    };
  }

  async function rememberLog(): Promise<void> {
    for (const file of await listFolder(logDir)) {
      const sizes = logSizesAtKills.get(file) ?? new Set();
      logSizesAtKills.set(file, sizes.add((await stat(join(logDir, file))).size));
    }
  }
}

const MOMENT_OF: Record<string, Moment | undefined> = {
  author_chosen: 'opening',
  story_saved: 'stored',
  set_aside: 'stored',
  run_finished: 'ending',
};

/** Calls back for every change in a folder and, as soon as they are there, in those below it. */
function watchAll(folder: string, changed: () => void): () => void {
  const watchers = new Map<string, FSWatcher>();
  const add = (path: string) => {
    watchers.get(path)?.close();
    try {
      const below = readdirSync(path);
      const watcher = watch(path, (kind, name) => {
        // What a worker says of itself is nothing to lose: a kill there would meet nothing.
        if (name?.includes('.status.json') === true) return;
        changed();
        // Made, removed, or made anew.
        if (kind === 'rename' && name !== null) add(join(path, name));
      });
      watchers.set(
        path,
        watcher.on('error', () => {}),
      );
      for (const name of below) add(join(path, name));
    } catch {
      // A file, or gone again.
    }
  };
  add(folder);
  return () => {
    for (const watcher of watchers.values()) watcher.close();
  };
}
