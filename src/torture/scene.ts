import { spawn } from 'node:child_process';
import { type FSWatcher, readdirSync, watch } from 'node:fs';
import { mkdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { isDeepStrictEqual } from 'node:util';
import { listFolder } from '../files.js';
import type { AttemptRecord, EndRecord, OutcomeRecord } from '../ledger.js';
import { SETTING_NAMES, SETTINGS } from '../settings.js';
import { fromMarkdown } from '../story.js';
import type { Random } from '../time.js';
import { addKnown, addUsage, NO_TOKENS, type Usage } from '../usage.js';
import { checkFolder, type FolderCheck, type FoundRun, namedOutcomes } from '../verify/folder-check.js';
import { chainOf, keyOfLife, markOf, type ReplyKind, startWitness } from './witness.js';

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

/** A broken promise. */
export interface Violation {
  code: string;
  where: string;
  /** Korean. */
  message: string;
}

/** What a kill met, as the folder shows it afterwards. */
export type Met =
  | 'starting' // the life had not claimed the run
  | 'resuming' // it had, and had asked for nothing yet
  | 'calling' // a call without a whole answer
  | 'answered' // a whole answer, and nothing of it on disk
  | 'staging' // half of it staged
  | 'staged' // staged, and not in the ledger
  | 'recorded' // in the ledger, and not in its place
  | 'publishing' // half of it in its place
  | 'between' // after one story, before the next
  | 'over'; // after the end of the run

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

export interface Verdict {
  violations: Violation[];
  /** What the last kill met. */
  met: Met;
  /** The ledger says that the run is over. */
  over: boolean;
  /** The log says so too. */
  told: boolean;
  stories: number;
  setAside: number;
  /** Calls, and whole answers among them, that a kill took before they were staged. */
  lostCalls: number;
  lostAnswers: number;
}

export interface Scene {
  outputDir: string;
  /** Starts the worker and resolves when it is gone. */
  live(options?: LifeOptions): Promise<LifeEnd>;
  /** Compares folder, ledger, log and endpoint. `atRest`: the run is over, and nothing may be on its way any more. */
  check(options: { atRest: boolean }): Promise<Verdict>;
  close(): Promise<void>;
}

interface Life {
  number: number;
  pid: number;
  killed: boolean;
}

/** Longer than any life takes, in milliseconds. */
const HUNG_AFTER = 60_000;

/** What no kill explains. */
const UNEXPECTED = new Set(['holding', 'held_story', 'uncaught', 'unforeseen', 'ledger_unwritable']);

export async function openScene(options: SceneOptions): Promise<Scene> {
  const { folder, worker, maxStories, id, replies, random, diskFails = false } = options;
  const unexpected = diskFails ? new Set(['uncaught', 'unforeseen']) : UNEXPECTED;
  const outputDir = join(folder, 'stories');
  const logDir = join(folder, 'logs');
  await mkdir(outputDir, { recursive: true });
  const lives: Life[] = [];
  const logSizesAtKills = new Map<string, Set<number>>();
  const safe = new Set<number>();
  let onMoment: (moment: Moment) => void = () => {};
  const witness = await startWitness({ id, replies, random, notify: (what) => onMoment(what) });

  return { outputDir, live, check, close: witness.close };

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
      // Empty means "not given", and wins over a .env file.
      ANTHROPIC_AUTH_TOKEN: '',
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

  async function check({ atRest }: { atRest: boolean }): Promise<Verdict> {
    const violations: Violation[] = [];
    const blame = (code: string, where: string | number, message: string) => {
      violations.push({ code, where: String(where), message });
    };
    const found = await checkFolder(outputDir, { atRest });
    for (const { code, severity, where, message } of found.findings) {
      if (severity === 'wrong' || code === 'foreign') blame(code, where, message);
    }
    const onDisk = await compareTexts(found, blame);
    const takenIn = takenInBy(onDisk);
    for (const index of safe) {
      if (!onDisk.has(index) && !takenIn.has(index)) blame('safe_then_gone', index, '디스크에 있던 글이 없어졌습니다');
    }
    for (const index of onDisk.keys()) safe.add(index);
    const [run, ...others] = found.runs;
    for (const { id: other } of others) blame('second_run', other, '실행이 둘 이상입니다');
    const made = run === undefined ? [] : attemptsOf(run);
    const lost = compareCalls(made, onDisk, takenIn, blame);
    const log = await readLog(run, blame);
    if (atRest) {
      if (run === undefined) blame('no_run', outputDir, '실행의 장부가 없습니다');
      else await checkEnd(run, { ...found, onDisk }, made, log, blame);
    }
    return {
      violations,
      met: whatWasMet(run, found, made),
      over: run?.state.over === true,
      told: log.some(isFinal),
      stories: run?.state.statistics.stories ?? 0,
      setAside: run?.state.statistics.setAside ?? 0,
      ...lost,
    };
  }

  type Blame = (code: string, where: string | number, message: string) => void;

  /** Every text on disk is one that was sent, in its place, once. */
  async function compareTexts({ pairs, runs }: FolderCheck, blame: Blame): Promise<Map<number, string>> {
    const onDisk = new Map<number, string>();
    for (const { name, place, markdownPath, metadata } of pairs) {
      const text = fromMarkdown(await readFile(markdownPath, 'utf8'))?.text ?? '';
      const call = witness.calls.findLast((each) => each.text === text);
      if (call === undefined) {
        blame('unknown_text', name, `보낸 적이 없는 글이거나 온전하지 않습니다: ${markOf(text) ?? text.slice(0, 40)}`);
        continue;
      }
      const { index } = call;
      if (onDisk.has(index)) blame('text_twice', name, `같은 글이 두 번 있습니다: ${onDisk.get(index)}`);
      onDisk.set(index, name);
      if ((place === 'stories' || place === 'set-aside') && place !== call.shelf) {
        blame('misplaced', name, `${call.kind}: ${place}에 있습니다`);
      }
      const usage = chainOf(call)
        .map((each) => each.usage)
        .reduce(addKnown);
      if (!isDeepStrictEqual(metadata.usage, usage)) blame('wrong_usage', name, '보낸 사용량과 다릅니다');
      if (!runs.some(({ id: runId }) => runId === metadata.run_id)) blame('wrong_run', name, '다른 실행의 글입니다');
      if (!String(metadata.request_id).endsWith(`_${String(index).padStart(6, '0')}`)) {
        blame('wrong_request', name, '다른 요청의 번호가 적혀 있습니다');
      }
    }
    return onDisk;
  }

  /** The calls whose texts stand in later ones that are on disk. */
  function takenInBy(onDisk: ReadonlyMap<number, string>): Set<number> {
    const present = witness.calls.filter(({ index }) => onDisk.has(index));
    return new Set(present.flatMap((call) => chainOf(call).slice(1)).map(({ index }) => index));
  }

  /** The ledger has every call, and of every one what became of it. */
  function compareCalls(
    made: readonly MadeAttempt[],
    onDisk: ReadonlyMap<number, string>,
    takenIn: ReadonlySet<number>,
    blame: Blame,
  ) {
    let [lostCalls, lostAnswers] = [0, 0];
    for (const { number, pid, killed } of lives) {
      const calls = witness.calls.filter(({ life }) => life === number);
      const attempts = made.filter((attempt) => attempt.pid === pid);
      if (calls.length > attempts.length) {
        blame('unrecorded_call', `life ${number}`, `호출 ${calls.length}번, 장부에는 ${attempts.length}번`);
      }
      // A kill may come between the record and the request.
      if (attempts.length > calls.length + (killed ? 1 : 0)) {
        blame('call_never_made', `life ${number}`, `장부에 ${attempts.length}번, 호출은 ${calls.length}번`);
      }
      for (const [at, call] of calls.entries()) {
        const attempt = attempts[at];
        if (attempt === undefined) continue;
        const { outcome } = attempt;
        if (outcome === null) {
          // What is staged, the next start records.
          if (onDisk.has(call.index)) continue;
          if (!killed || at !== calls.length - 1) blame('lost_without_kill', call.index, '결과가 없는 호출입니다');
          lostCalls += 1;
          if (call.completed) lostAnswers += 1;
          continue;
        }
        const name = outcome.kind === 'abandoned' ? null : outcome.name;
        const isGone = takenIn.has(call.index) && !onDisk.has(call.index);
        if (!isGone && name !== (onDisk.get(call.index) ?? null)) {
          blame('wrong_outcome', call.index, `${call.kind}: 장부에는 ${name}, 디스크에는 ${onDisk.get(call.index)}`);
        }
        if (call.completed && name === null) {
          blame('answer_dropped', call.index, `${call.kind}: 온전히 보낸 답이 보관되지 않았습니다`);
        }
        if (!isDeepStrictEqual(outcome.usage, call.usage)) blame('wrong_usage', call.index, '장부의 사용량이 다릅니다');
      }
    }
    return { lostCalls, lostAnswers };
  }

  async function readLog(run: FoundRun | undefined, blame: Blame): Promise<Record<string, unknown>[]> {
    const records: Record<string, unknown>[] = [];
    for (const file of (await listFolder(logDir)).sort()) {
      const content = await readFile(join(logDir, file));
      for (let from = 0; from < content.length; ) {
        const end = content.indexOf('\n', from);
        const to = end === -1 ? content.length : end;
        const record = parseLine(content.subarray(from, to).toString());
        if (record !== null && end !== -1) records.push(record);
        else if (![...(logSizesAtKills.get(file) ?? [])].some((size) => from < size && size <= to)) {
          blame('torn_log', `${file}:${from}`, '강제 종료와 관계없이 잘린 줄이 있습니다');
        }
        from = to + 1;
      }
    }
    for (const { event, run_id, msg } of records) {
      if (run_id !== null && run_id !== run?.id) blame('log_of_other_run', String(event), String(run_id));
      if (unexpected.has(String(event))) blame('unexpected_event', String(event), String(msg));
    }
    return records;
  }

  async function checkEnd(
    run: FoundRun,
    { pairs, onDisk }: FolderCheck & { onDisk: ReadonlyMap<number, string> },
    made: readonly MadeAttempt[],
    log: readonly Record<string, unknown>[],
    blame: Blame,
  ): Promise<void> {
    const { statistics, over } = run.state;
    const stories = pairs.filter(({ place }) => place === 'stories');
    const setAside = pairs.filter(({ place }) => place === 'set-aside');
    if (!over) blame('not_over', run.id, '실행이 끝나지 않았습니다');
    if (stories.length !== maxStories) blame('story_count', run.id, `${stories.length}편 (${maxStories}편이어야 함)`);
    const ends = run.ledger.records.filter((record): record is EndRecord => record.type === 'end' && record.over);
    if (ends.length !== 1) blame('ends', run.id, `장부의 끝 기록 ${ends.length}개`);
    // Calls without a text cost nothing, or nobody knows what.
    const answered = new Set(witness.calls.filter(({ index }) => onDisk.has(index)).flatMap(chainOf));
    const tokens = [...answered].reduce<Usage>((sum, { usage }) => addUsage(sum, usage ?? NO_TOKENS), NO_TOKENS);
    const lost = made.filter(({ outcome }) => outcome === null).length;
    const counted = {
      stories: stories.length,
      set_aside: setAside.length,
      attempts: made.length,
      calls_lost_to_kills: lost,
      tokens,
    };
    const replayed = {
      stories: statistics.stories,
      set_aside: statistics.setAside,
      attempts: statistics.attempts,
      calls_lost_to_kills: statistics.lostCalls,
      tokens: statistics.tokens,
    };
    differ('ledger_totals', run.id, replayed, counted, blame);
    const finals = log.filter(isFinal);
    const killedPids = new Set<unknown>(lives.filter(({ killed }) => killed).map(({ pid }) => pid));
    // A life that was killed between the last line of the log and the end in the ledger is followed by another, which
    // says the statistics once more; so is one whose disk refused the end.
    const excused = finals.slice(0, -1).filter(({ pid }) => diskFails || killedPids.has(pid));
    if (finals.length === 0 || excused.length < finals.length - 1) {
      blame('final_records', run.id, `최종 통계 ${finals.length}개`);
    }
    if (finals.length > 0 && finals.at(-1) !== log.at(-1)) {
      blame('final_not_last', run.id, '최종 통계가 로그의 마지막 줄이 아닙니다');
    }
    for (const final of finals) {
      const told = Object.fromEntries(Object.keys(counted).map((key) => [key, final[key]]));
      differ('final_totals', run.id, told, counted, blame);
    }
    const blind = witness.calls.filter(({ text, completed }) => text !== null && !completed).length;
    if (blind > lost) blame('not_watched', run.id, '온전히 도착한 답을 시험이 보지 못했습니다');
    const staging = join(outputDir, '.staging');
    for (const left of await listFolder(staging)) {
      const files = await listFolder(join(staging, left));
      if (files.length > 0) blame('staging', left, `작업 폴더가 비어 있지 않습니다: ${files.join(', ')}`);
    }
  }

  function differ(code: string, where: string, told: object, counted: object, blame: Blame): void {
    if (isDeepStrictEqual(told, counted)) return;
    blame(code, where, `${JSON.stringify(told)} ≠ ${JSON.stringify(counted)}`);
  }

  function whatWasMet(run: FoundRun | undefined, { pairs, torn }: FolderCheck, made: readonly MadeAttempt[]): Met {
    const life = lives.at(-1);
    const isClaimed =
      run?.ledger.records.some((record) => 'owner' in record && record.owner.pid === life?.pid) ?? false;
    if (run === undefined || !isClaimed) return 'starting';
    if (run.state.over) return 'over';
    if (pairs.some(({ place }) => place === 'half-published')) return 'publishing';
    if (torn.length > 0) return 'staging';
    const staged = pairs.find(({ place }) => place === 'staged');
    if (staged !== undefined) return namedOutcomes(run.ledger.records).has(staged.name) ? 'recorded' : 'staged';
    const mine = made.filter(({ pid }) => pid === life?.pid);
    if (mine.length === 0) return 'resuming';
    if (mine.at(-1)?.outcome !== null) return 'between';
    const call = witness.calls.filter((each) => each.life === life?.number)[mine.length - 1];
    return call?.completed === true ? 'answered' : 'calling';
  }
}

const MOMENT_OF: Record<string, Moment | undefined> = {
  author_chosen: 'opening',
  story_saved: 'stored',
  set_aside: 'stored',
  run_finished: 'ending',
};

/** A call as the ledger has it. */
interface MadeAttempt {
  /** Of the process that made it. */
  pid: number;
  attempt: AttemptRecord;
  /** null: none, or not yet. */
  outcome: OutcomeRecord | null;
}

/** Read from the records as they stand, not by the worker's own replay. */
function attemptsOf({ ledger: { records } }: FoundRun): MadeAttempt[] {
  const made: MadeAttempt[] = [];
  let pid = 0;
  for (const record of records) {
    if (record.type === 'begin' || record.type === 'claim') pid = record.owner.pid;
    if (record.type === 'attempt') made.push({ pid, attempt: record, outcome: null });
    const last = made.at(-1);
    if (record.type === 'outcome' && last !== undefined) last.outcome = record;
  }
  return made;
}

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

/** The final record of a run that is over, not of one that was interrupted. */
const isFinal = (record: Record<string, unknown>) => record.event === 'run_finished' && record.over === true;

function parseLine(line: string): Record<string, unknown> | null {
  try {
    return JSON.parse(line) as Record<string, unknown>;
  } catch {
    return null;
  }
}
