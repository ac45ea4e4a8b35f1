import { type ChildProcess, spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { environmentWithoutSettings } from '../../chaos/processes.js';
import { ROOT } from '../../lib/project.js';
import type { BatchBehaviour } from '../../offline/server/batch-server.js';
import { type Endpoint, startEndpoint } from '../../offline/server/messages-server.js';
import type { Responder } from '../../offline/server/reply.js';
import { temporaryFolder } from './fakes.js';

export { ROOT };

/** A worker in a process of its own, as users run it, in folders of its own. */
export interface WorkerProcess {
  child: ChildProcess;
  outputDir: string;
  logDir: string;
  /** All of standard output, or of standard error, so far. */
  stdout(): string;
  stderr(): string;
  /** Resolves when standard output matches; rejects when the process ends without. */
  printed(pattern: RegExp): Promise<void>;
  exited: Promise<{ code: number | null; signal: NodeJS.Signals | null }>;
  /** The records of the log files, in order. */
  records(): Record<string, unknown>[];
  /** All log files as text. */
  log(): string;
  /** The visible files of the output folder, sorted. */
  files(): string[];
}

export interface WorkerProcessOptions {
  flags?: readonly string[];
  env?: Record<string, string>;
  /** What to run in place of `node dist/main.js`; the flags follow it. */
  command?: readonly string[];
  outputDir?: string;
  logDir?: string;
  stdio?: 'pipe' | 'ignore';
}

/** The environment without any setting of the worker, also none that a .env file of the developer's gives. */
export function cleanEnvironment(): Record<string, string> {
  return environmentWithoutSettings(process.env) as Record<string, string>;
}

/** Starts a worker; whatever is left of it after the test is killed. */
export function startWorker(t: TestContext, options: WorkerProcessOptions = {}): WorkerProcess {
  const { flags = [], env = {}, command = [process.execPath, 'dist/main.js'], stdio = 'pipe' } = options;
  // Before the folders' removal, which a worker that is still at work would make fail.
  let child: ChildProcess | null = null;
  t.after(() => child?.kill('SIGKILL'));
  const outputDir = options.outputDir ?? temporaryFolder(t);
  const logDir = options.logDir ?? temporaryFolder(t);
  const [program = process.execPath, ...args] = command;
  const started = spawn(program, [...args, ...flags], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), OUTPUT_DIR: outputDir, LOG_DIR: logDir, OFFLINE_CHARACTERS_PER_SECOND: '0', ...env },
    stdio: ['ignore', stdio, stdio],
  });
  child = started;
  let stdout = '';
  let stderr = '';
  const watchers = new Set<() => void>();
  started.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
    stdout += chunk;
    for (const watcher of watchers) watcher();
  });
  started.stderr?.setEncoding('utf8').on('data', (chunk: string) => {
    stderr += chunk;
  });
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    started.on('close', (code, signal) => resolve({ code, signal }));
  });
  const log = () => logFiles(logDir).join('');
  return {
    child: started,
    outputDir,
    logDir,
    stdout: () => stdout,
    stderr: () => stderr,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (!pattern.test(stdout)) return;
          watchers.delete(look);
          resolve();
        };
        watchers.add(look);
        look();
        void exited.then(() => reject(new Error(`ended without printing ${pattern}:\n${stdout}\n${stderr}`)));
      }),
    exited,
    records: () =>
      log()
        .split('\n')
        .filter((line) => line !== '')
        .map((line) => JSON.parse(line) as Record<string, unknown>),
    log,
    files: () =>
      readdirSync(outputDir)
        .filter((name) => !name.startsWith('.'))
        .sort(),
  };
}

function logFiles(folder: string): string[] {
  return readdirSync(folder)
    .filter((name) => /^horror_story_.*\.log$/.test(name))
    .sort()
    .map((name) => readFileSync(join(folder, name), 'utf8'));
}

/** Starts an endpoint that is closed after the test. */
export async function endpointFor(t: TestContext, respond: Responder, batches: BatchBehaviour = {}): Promise<Endpoint> {
  const endpoint = await startEndpoint(respond, batches);
  t.after(() => endpoint.close());
  return endpoint;
}

/** Settings that send a worker to an endpoint of ours, with waits short enough for a test. */
export function settingsFor(endpoint: Endpoint): Record<string, string> {
  return {
    ANTHROPIC_API_KEY: 'test-key-1234567890',
    ANTHROPIC_BASE_URL: endpoint.url,
    RETRY_BASE_SECONDS: '0.05',
    RETRY_MAX_SECONDS: '0.2',
  };
}
