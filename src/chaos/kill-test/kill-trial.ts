import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import type { Price } from '../../api/pricing.js';
import { SECOND, systemClock } from '../../lib/clock.js';
import type { Random } from '../../lib/random.js';
import { readCards } from '../../prompt/read-cards.js';
import type { AnswerPlan } from '../answers.js';
import { readLog } from '../artifacts.js';
import { type Call, startMockApi } from '../mock-api.js';
import { environmentWithoutSettings } from '../processes.js';
import { isAnswered, type Kill } from '../reconcile.js';
import { createInspection } from './invariants.js';
import type { Moment, TrialAnswer } from './kill-plan.js';
import { BATCH_POLL, type TrialShape } from './trial-shape.js';

// One run of the real worker, in as many processes as it takes, with the mock API and a folder that has to agree with it.

export interface TrialOptions {
  /** For this trial alone; made when it is not there. */
  folder: string;
  /** Path of the worker's main.js, in the `dist` of its project. */
  worker: string;
  shape: TrialShape;
  /** Tells the texts of this trial from those of others. */
  id: string;
  /** The answer to each request, by index. */
  answers: (index: number) => TrialAnswer;
  random: Random;
  /** The disk fails once, so that the worker has to keep what it cannot save. Default false. */
  diskFails?: boolean;
}

export interface ProcessOptions {
  /** What to do to the worker at its moments. */
  onMoment?: (moment: Moment, worker: { signal(name: NodeJS.Signals): void }) => void;
  /** Flags of node. */
  nodeFlags?: readonly string[];
  env?: Readonly<Record<string, string>>;
}

export interface ProcessEnd {
  code: number | null;
  /** A signal ended it. */
  killed: boolean;
  stderr: string;
}

/** Longer than any process takes, in milliseconds. */
const HUNG_AFTER = 60_000;

/** More than any answer of the mock API uses. */
const MAX_TOKENS = 6000;

const PRICE: Price = { input: 2, output: 10 };

/** What becomes of answers that a batch cannot give. */
const IN_A_BATCH: Partial<Record<TrialAnswer, TrialAnswer>> = { slow: 'story', cut: 'expired' };

/** The key of a process tells its requests from those of the others. */
const KEY = 'kill-trial-process-';

export type Trial = Awaited<ReturnType<typeof openTrial>>;

export async function openTrial(options: TrialOptions) {
  const { folder, worker, shape, id, answers, random, diskFails = false } = options;
  const { maxStories, concurrency, batchSize, maxTokens, maxRejected } = shape;
  const outputDir = join(folder, 'stories');
  const logDir = join(folder, 'logs');
  await mkdir(outputDir, { recursive: true });
  const pids: number[] = [];
  const kills: Kill[] = [];
  const tornLines = new Set<string>();
  let onMoment: (moment: Moment) => void = () => {};
  const api = await startMockApi({
    plan: ({ customId }, index, cut) => {
      const kind = answers(index);
      const possible = customId === undefined ? kind : (IN_A_BATCH[kind] ?? kind);
      return planAnswer(possible, cut, `표식-${id}-${index}`, random);
    },
    axes: readCards(join(dirname(dirname(worker)), 'config', 'premises')),
    // A request with another key is that of no process.
    pidOf: ({ headers }) => pids[Number(headers.authorization?.split(KEY)[1] ?? Number.NaN)] ?? -1,
    now: systemClock.now,
    batches: shape.batches,
    onCreation: () => onMoment('creation'),
    onChange: (what, call) => {
      if (what === 'request') onMoment('request');
      if (what === 'sent' && isAnswered(call)) onMoment('completed');
    },
  });
  const { calls, batches, close } = api;
  /** Compares folder, ledger, log and mock API. */
  const check = createInspection({
    ...{ outputDir, logDir, shape, diskFails, calls, pids, kills, tornLines, price: PRICE },
    get batches() {
      return batches();
    },
  });
  return { run, check, close, batches, endsWithRejections: maxRejected !== null };

  /** Starts the worker and resolves when its process is gone. */
  async function run(options: ProcessOptions = {}): Promise<ProcessEnd> {
    const flags = ['--resume', '--max-stories', String(maxStories)];
    const child = spawn(process.execPath, [...(options.nodeFlags ?? []), worker, ...flags], {
      env: { ...environmentWithoutSettings(process.env), ...settings(`${KEY}${pids.length}`), ...options.env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...{ timeout: HUNG_AFTER, killSignal: 'SIGABRT' },
    });
    const pid = child.pid ?? 0;
    pids.push(pid);
    onMoment = (moment) => options.onMoment?.(moment, { signal: (name) => child.kill(name) });
    onMoment('start');
    const stopWatching = watchAll(outputDir, () => onMoment('file'));
    createInterface(child.stdout).on('line', (line) => {
      const moment = MOMENT_OF[/"event":"(\w+)"/.exec(line)?.[1] ?? ''];
      if (moment !== undefined) onMoment(moment);
    });
    const errors = text(child.stderr);
    const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null];
    const stderr = await errors;
    stopWatching();
    onMoment = () => {};
    // A worker that is told to stop before it listens dies of that.
    const killed = signal === 'SIGKILL' || signal === 'SIGINT';
    if (killed) {
      kills.push({ pid, at: systemClock.now() });
      for (const { file, number, terminated } of await readLog(logDir))
        if (!terminated) tornLines.add(`${file}:${number}`);
    }
    return { code, killed, stderr: signal === 'SIGABRT' ? `${stderr}\n(hung)` : stderr };
  }

  function settings(key: string): Record<string, string> {
    return {
      ANTHROPIC_API_KEY: key,
      ANTHROPIC_BASE_URL: api.url,
      OUTPUT_DIR: outputDir,
      LOG_DIR: logDir,
      LOG_FORMAT: 'json',
      MIN_STORY_CHARACTERS: '100',
      RETRY_BASE_SECONDS: '0.002',
      RETRY_MAX_SECONDS: '0.01',
      INTERVAL_SECONDS: '0.001',
      CONCURRENCY: String(concurrency),
      BATCH_POLL_SECONDS: String(BATCH_POLL / SECOND),
      PRICE_INPUT_USD: String(PRICE.input),
      PRICE_OUTPUT_USD: String(PRICE.output),
      MAX_TOKENS: String(MAX_TOKENS),
      MAX_REJECTED_IN_A_ROW: String(maxRejected ?? 0),
      ...(batchSize === null ? {} : { BATCH_SIZE: String(batchSize) }),
      ...(maxTokens === null ? {} : { MAX_TOKENS_TOTAL: String(maxTokens) }),
      // A worker that outlives the mock API must not go on for ever.
      MAX_CONSECUTIVE_FAILURES: '100',
    };
  }
}

/** Answers that end in mid-text. */
const CUT_OFF: readonly TrialAnswer[] = ['cut_off', 'cut_off_for_good', 'refusal'];

/** The shortest part of a text that is sent before it is cut off, in characters: less may be a bare `#`, which is no text. */
const SHORTEST_PART = 150;

function planAnswer(kind: TrialAnswer, cut: Call | null, mark: string, random: Random): AnswerPlan {
  const whole = cut?.whole ?? writeText(mark, 300 + Math.floor(random() * 2500), random);
  const shortest = CUT_OFF.includes(kind) ? SHORTEST_PART / whole.length : 0;
  const share = shortest + random() * (1 - shortest);
  if (kind !== 'slow') return { kind, whole, share, charactersPerSecond: 0 };
  return { kind: 'story', whole, share, charactersPerSecond: whole.length / (0.01 + 0.05 * random()) };
}

/** What a sentence is about: the same one again and again would be a loop. */
const THINGS: readonly (readonly string[])[] = [
  ['상자', '서랍', '거울', '항아리', '가방', '액자', '인형', '시계', '금고', '장롱'],
  ['나는', '누나는', '노인은', '아이는', '경비는', '의사는', '이웃은', '간호사는', '삼촌은', '그림자는'],
  [
    '세어 보았다',
    '돌아보았다',
    '웃었다',
    '문을 두드렸다',
    '이름을 불렀다',
    '숨을 멈췄다',
    '불을 껐다',
    '고개를 저었다',
  ],
];

/** A text that carries its mark from the first line to the last. */
function writeText(mark: string, characters: number, random: Random): string {
  const paragraphs: string[] = [];
  for (let length = 0, n = 1; length < characters; n++) {
    const drawn = THINGS.map((each) => each[Math.floor(random() * each.length)] ?? '');
    const paragraph = `${n}번 선반의 ${drawn[0]}에는 ${Math.floor(random() * 1e6)}이라고 적혀 있었다. ${drawn[1]} ${Math.floor(random() * 1e6)}번 ${drawn[2]}. ${mark}, ${n}번째 줄이었다.`;
    paragraphs.push(paragraph);
    length += paragraph.length;
  }
  return `# ${mark}\n\n${paragraphs.join('\n\n')}\n\n그것이 ${mark}의 마지막 상자였다.`;
}

const MOMENT_OF: Record<string, Moment | undefined> = {
  author_chosen: 'opening',
  story_saved: 'stored',
  set_aside: 'stored',
  batch_created: 'batched',
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
        // A kill while the status is written loses nothing.
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
