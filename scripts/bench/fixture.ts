import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AXES, type AxisCards, type Premise } from '../../src/prompt/cards.js';
import { composePrompt } from '../../src/prompt/prompt.js';
import { type RemoteEndpoint, startRemoteEndpoint } from './endpoint-client.js';
import { monotonicMs } from './stats.js';

// Where measurements take place: one temporary folder, one endpoint, and the processes that are measured. All of it is
// gone when the ground is closed.

export interface Ground {
  endpoint: RemoteEndpoint;
  axes: readonly AxisCards[];
  /** A new, empty folder. */
  newFolder(): Promise<string>;
  remove(folder: string): Promise<void>;
  /** Starts node with these arguments and the settings of no worker. */
  startNode(args: readonly string[], options?: StartOptions): Running;
  startWorker(options: WorkerOptions): Running;
  /** The baseline: the SDK alone. */
  startBareLoop(calls: number, options?: StartOptions & { nodeFlags?: readonly string[] }): Running;
  /** A file with what the first request of a worker asks. */
  prompt: string;
  /** Ends what still runs and removes the folder. */
  close(): Promise<void>;
}

export interface StartOptions {
  env?: Readonly<Record<string, string>>;
  /** Read standard output, to wait for what it says. Default: nobody reads it. */
  readStdout?: boolean;
}

export interface WorkerOptions extends StartOptions {
  outputDir: string;
  /** Default: a folder of its own that is not kept. */
  logDir?: string;
  flags?: readonly string[];
  nodeFlags?: readonly string[];
}

/** A process that is measured. */
export interface Running {
  pid: number;
  /** In milliseconds of `monotonicMs`. */
  startedAt: number;
  signal(name: NodeJS.Signals): void;
  /** Resolves when standard output has a line with this text; rejects when the process ends without. */
  printed(text: string): Promise<void>;
  /** When it ended, in milliseconds of `monotonicMs`. Rejects when it ends with another exit code. */
  ended(code?: number): Promise<number>;
}

export interface GroundOptions {
  /** Path of the worker's main.js. */
  worker: string;
  axes: readonly AxisCards[];
}

export async function openGround({ worker, axes }: GroundOptions): Promise<Ground> {
  const root = await mkdtemp(join(tmpdir(), 'horror-bench-'));
  const running = new Set<ChildProcess>();
  let folders = 0;
  const newFolder = async () => {
    const folder = join(root, String(++folders));
    await mkdir(folder);
    return folder;
  };
  // Something may still be written into it.
  const remove = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const endpoint = await startRemoteEndpoint().catch(async (error: unknown) => {
    await remove(root);
    throw error;
  });
  const prompt = join(root, 'prompt.json');
  await writeFile(prompt, JSON.stringify(firstPrompt(axes)));

  return { endpoint, axes, newFolder, remove, startNode, startWorker, startBareLoop, prompt, close };

  function startNode(args: readonly string[], { env = {}, readStdout = false }: StartOptions = {}): Running {
    const startedAt = monotonicMs();
    const child = spawn(process.execPath, args, {
      env: { ...environment(endpoint.url), ...env },
      stdio: ['ignore', readStdout ? 'pipe' : 'ignore', 'pipe'],
    });
    running.add(child);
    return watch(child, startedAt, () => running.delete(child));
  }

  function startWorker({ outputDir, logDir, flags = [], nodeFlags = [], env, ...options }: WorkerOptions): Running {
    const settings = { OUTPUT_DIR: outputDir, LOG_DIR: logDir ?? join(outputDir, '.logs'), ...env };
    return startNode([...nodeFlags, worker, ...flags], { ...options, env: settings });
  }

  function startBareLoop(calls: number, { nodeFlags = [], ...options }: Parameters<Ground['startBareLoop']>[1] = {}) {
    return startNode([...nodeFlags, pathOf('bare-loop.mjs'), String(calls), prompt], options);
  }

  async function close(): Promise<void> {
    const gone = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all([...gone, endpoint.close()]);
    await remove(root);
  }
}

/** Path of a script of `children/`. */
export function pathOf(script: string): string {
  return fileURLToPath(new URL(`./children/${script}`, import.meta.url));
}

/** What the first request of a worker asks, for the baseline to ask the same. */
function firstPrompt(axes: readonly AxisCards[]) {
  const premise = Object.fromEntries(axes.map(({ axis, cards }) => [axis, cards[0]])) as Premise;
  if (AXES.some((axis) => premise[axis] === undefined)) throw new Error('an axis has no cards');
  return composePrompt(premise, axes, { template: null, request: null });
}

/** Nothing of the caller's but what a process needs. */
function environment(url: string): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TZ', 'LANG', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    ANTHROPIC_API_KEY: 'bench-key-1234567890',
    // Empty means "not given", and wins over .env.
    ANTHROPIC_AUTH_TOKEN: '',
    NOTIFY_COMMAND: '',
    ANTHROPIC_BASE_URL: url,
    // What goes wrong here is not to be tried again.
    MAX_CONSECUTIVE_FAILURES: '1',
  };
}

function watch(child: ChildProcess, startedAt: number, onEnd: () => void): Running {
  let stderr = '';
  let stdout = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout?.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
  });
  const ended = new Promise<{ at: number; code: number | null; signal: NodeJS.Signals | null }>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      onEnd();
      resolve({ at: monotonicMs(), code, signal });
    });
  });
  // Whoever waits for it hears of it.
  ended.catch(() => {});
  return {
    pid: child.pid ?? 0,
    startedAt,
    signal: (name) => void child.kill(name),
    printed: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (stdout.includes(text)) resolve();
        };
        child.stdout?.on('data', look);
        look();
        ended.then(() => reject(new Error(`ended without printing ${text}: ${stderr}`)), reject);
      }),
    ended: async (expected = 0) => {
      const { at, code, signal } = await ended;
      if (code !== expected) throw new Error(`ended with ${code ?? signal}: ${stderr.slice(-MOST_STDERR)}`);
      return at;
    },
  };
}

/** Characters of standard error that an error repeats. */
const MOST_STDERR = 1000;

/** One of the lines that report.mjs writes. In bytes and milliseconds. */
export type Report = { kind: 'heap'; heapUsed: number; external: number } | { kind: 'exit'; peak: number; cpu: number };

/** The lines of a report so far. */
export async function readReports(path: string): Promise<Report[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Report);
}

/** How often a report is looked for, in milliseconds. */
const LOOK_EVERY = 20;

/** Waits until there are so many. */
export async function awaitReports(path: string, count: number): Promise<Report[]> {
  for (;;) {
    const reports = await readReports(path);
    if (reports.length >= count) return reports;
    await setTimeout(LOOK_EVERY);
  }
}

/** Rejects when the process ends before the promise is settled. */
export function whileRunning<T>(process: Running, promise: Promise<T>): Promise<T> {
  const ended = process.ended().then(() => Promise.reject(new Error('ended too early')));
  return Promise.race([promise, ended]);
}
