import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { devNull, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { AXES, type AxisCards, type Premise } from '../../src/prompt/cards.js';
import { composePrompt } from '../../src/prompt/prompt.js';
import { type EndpointClient, startEndpointProcess } from './endpoint-client.js';
import { monotonicMs } from './stats.js';

// What a case runs in: a temporary folder, an endpoint, and the processes that are measured. Closing the fixture ends and
// removes all of it.

export interface Fixture {
  endpoint: EndpointClient;
  axes: readonly AxisCards[];
  /** A new, empty folder. */
  newFolder(): Promise<string>;
  remove(folder: string): Promise<void>;
  /** Starts node with these arguments, and an environment without the settings of a worker. */
  startNode(args: readonly string[], options?: StartOptions): MeasuredProcess;
  startWorker(options: WorkerOptions): MeasuredProcess;
  /** Starts the baseline: the SDK alone. */
  startBareLoop(calls: number, options?: StartOptions & { nodeFlags?: readonly string[] }): MeasuredProcess;
  /** The path of a file that holds the prompt of a worker's first request. */
  prompt: string;
  /** Ends the processes that still run, and removes the folder. */
  close(): Promise<void>;
}

export interface StartOptions {
  env?: Readonly<Record<string, string>>;
  /** Read standard output, for `printed`. By default it is ignored. */
  readStdout?: boolean;
}

export interface WorkerOptions extends StartOptions {
  outputDir: string;
  /** Default: a folder inside the output folder. */
  logDir?: string;
  flags?: readonly string[];
  nodeFlags?: readonly string[];
}

/** A process under measurement. */
export interface MeasuredProcess {
  pid: number;
  /** The start, in milliseconds of `monotonicMs`. */
  startedAt: number;
  signal(name: NodeJS.Signals): void;
  /** Resolves when standard output has a line with this text; rejects when the process ends without it. */
  printed(text: string): Promise<void>;
  /** Resolves with the end, in milliseconds of `monotonicMs`. Rejects for an exit code other than `code`, 0 by default. */
  ended(code?: number): Promise<number>;
}

export interface FixtureOptions {
  /** Path of the worker's main.js. */
  worker: string;
  axes: readonly AxisCards[];
}

export async function openFixture({ worker, axes }: FixtureOptions): Promise<Fixture> {
  const root = await mkdtemp(join(tmpdir(), 'horror-bench-'));
  const running = new Set<ChildProcess>();
  let folders = 0;
  const newFolder = async () => {
    const folder = join(root, String(++folders));
    await mkdir(folder);
    return folder;
  };
  // With retries, because a process may still be writing into the folder.
  const remove = (folder: string) => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const endpoint = await startEndpointProcess().catch(async (error: unknown) => {
    await remove(root);
    throw error;
  });
  const prompt = join(root, 'prompt.json');
  await writeFile(prompt, JSON.stringify(firstPrompt(axes)));

  return { endpoint, axes, newFolder, remove, startNode, startWorker, startBareLoop, prompt, close };

  function startNode(args: readonly string[], { env = {}, readStdout = false }: StartOptions = {}): MeasuredProcess {
    const startedAt = monotonicMs();
    const child = spawn(process.execPath, args, {
      env: { ...environment(endpoint.url), ...env },
      stdio: ['ignore', readStdout ? 'pipe' : 'ignore', 'pipe'],
    });
    running.add(child);
    return track(child, startedAt, () => running.delete(child));
  }

  function startWorker({
    outputDir,
    logDir,
    flags = [],
    nodeFlags = [],
    env,
    ...options
  }: WorkerOptions): MeasuredProcess {
    const settings = { OUTPUT_DIR: outputDir, LOG_DIR: logDir ?? join(outputDir, '.logs'), ...env };
    return startNode([...nodeFlags, worker, ...flags], { ...options, env: settings });
  }

  function startBareLoop(calls: number, { nodeFlags = [], ...options }: Parameters<Fixture['startBareLoop']>[1] = {}) {
    return startNode([...nodeFlags, childScript('bare-loop.mjs'), String(calls), prompt], options);
  }

  async function close(): Promise<void> {
    const exits = [...running].map((child) => new Promise((resolve) => child.once('exit', resolve)));
    for (const child of running) child.kill('SIGKILL');
    await Promise.all([...exits, endpoint.close()]);
    await remove(root);
  }
}

/** The path of a script in `children/`. */
export function childScript(script: string): string {
  return fileURLToPath(new URL(`./children/${script}`, import.meta.url));
}

/** The prompt of a worker's first request, so that the baseline sends the same. */
function firstPrompt(axes: readonly AxisCards[]) {
  const premise = Object.fromEntries(axes.map(({ axis, cards }) => [axis, cards[0]])) as Premise;
  if (AXES.some((axis) => premise[axis] === undefined)) throw new Error('an axis has no cards');
  return composePrompt(premise, axes, { template: null, request: null });
}

/** The environment of a measured process: of the caller's variables only those that any process needs. */
function environment(url: string): Record<string, string> {
  const kept = ['PATH', 'HOME', 'TZ', 'LANG', 'TMPDIR'].flatMap((name) => {
    const value = process.env[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return {
    ...Object.fromEntries(kept),
    ANTHROPIC_API_KEY: 'bench-key-1234567890',
    // The .env file of the project is not for these workers.
    ENV_FILE: devNull,
    ANTHROPIC_BASE_URL: url,
    // A failure in a benchmark must show at once instead of being retried.
    MAX_CONSECUTIVE_FAILURES: '1',
  };
}

function track(child: ChildProcess, startedAt: number, onEnd: () => void): MeasuredProcess {
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
  // The error reaches the callers of `ended` and `printed`; without one it must not end the benchmark.
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

/** The most characters of standard error that an error message quotes. */
const MOST_STDERR = 1000;

/** A line that report.mjs writes. Memory in bytes, processor time in milliseconds. */
export type Report = { kind: 'heap'; heapUsed: number; external: number } | { kind: 'exit'; peak: number; cpu: number };

/** The lines written so far; none while the file does not exist. */
export async function readReports(path: string): Promise<Report[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Report);
}

/** How often the file is read, in milliseconds. */
const POLL_INTERVAL = 20;

/** Waits until the file holds that many lines. */
export async function waitForReports(path: string, count: number): Promise<Report[]> {
  for (;;) {
    const reports = await readReports(path);
    if (reports.length >= count) return reports;
    await setTimeout(POLL_INTERVAL);
  }
}

/** Settles as the promise does, and rejects when the process ends first. */
export function whileRunning<T>(process: MeasuredProcess, promise: Promise<T>): Promise<T> {
  const ended = process.ended().then(() => Promise.reject(new Error('ended too early')));
  return Promise.race([promise, ended]);
}
