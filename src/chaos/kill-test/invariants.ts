import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { addKnownUsage, addUsage, NO_TOKENS, type Usage } from '../../api/usage.js';
import { listFolder } from '../../lib/files.js';
import type { EndRecord } from '../../run/ledger.js';
import { fromMarkdown } from '../../story/story.js';
import { checkFolder, type FolderCheck, type FoundRun } from '../../verify/folder/folder-check.js';
import { attemptsOf, type Life, type MadeAttempt, type Met, whatWasMet } from './kill-phase.js';
import { chainOf, markOf, type Witness } from './mock-api.js';

// What folder, ledger, log and endpoint have to agree on, whenever a life of the worker has ended.

/** A broken promise. */
export interface Violation {
  code: string;
  where: string;
  /** Korean. */
  message: string;
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

/** What the folder, the ledger and the log are held against. It grows with every life. */
export interface Evidence {
  outputDir: string;
  logDir: string;
  maxStories: number;
  /** The disk fails on the way. */
  diskFails: boolean;
  /** What the endpoint was asked, and what became of it. */
  calls: Witness['calls'];
  lives: readonly Life[];
  /** How long each file of the log was at the kills: there its last line may be torn. */
  logSizesAtKills: ReadonlyMap<string, ReadonlySet<number>>;
}

/** `atRest`: the run is over, and nothing may be on its way any more. */
export type Inspect = (options: { atRest: boolean }) => Promise<Verdict>;

type Blame = (code: string, where: string | number, message: string) => void;

/** What no kill explains. */
const UNEXPECTED = new Set(['holding', 'held_story', 'uncaught', 'unforeseen', 'ledger_unwritable']);

/** Each inspection remembers what it saw on disk, which the later ones have to find again. */
export function createInspection(evidence: Evidence): Inspect {
  const { outputDir, logDir, maxStories, diskFails, calls: asked, lives, logSizesAtKills } = evidence;
  const unexpected = diskFails ? new Set(['uncaught', 'unforeseen']) : UNEXPECTED;
  const safe = new Set<number>();

  return async ({ atRest }) => {
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
      met: whatWasMet({ run, found, made, life: lives.at(-1), calls: asked }),
      over: run?.state.over === true,
      told: log.some(isFinal),
      stories: run?.state.statistics.stories ?? 0,
      setAside: run?.state.statistics.setAside ?? 0,
      ...lost,
    };
  };

  /** Every text on disk is one that was sent, in its place, once. */
  async function compareTexts({ pairs, runs }: FolderCheck, blame: Blame): Promise<Map<number, string>> {
    const onDisk = new Map<number, string>();
    for (const { name, location, markdownPath, metadata } of pairs) {
      const text = fromMarkdown(await readFile(markdownPath, 'utf8'))?.text ?? '';
      const call = asked.findLast((each) => each.text === text);
      if (call === undefined) {
        blame('unknown_text', name, `보낸 적이 없는 글이거나 온전하지 않습니다: ${markOf(text) ?? text.slice(0, 40)}`);
        continue;
      }
      const { index } = call;
      if (onDisk.has(index)) blame('text_twice', name, `같은 글이 두 번 있습니다: ${onDisk.get(index)}`);
      onDisk.set(index, name);
      if ((location === 'stories' || location === 'set-aside') && location !== call.shelf) {
        blame('misplaced', name, `${call.kind}: ${location}에 있습니다`);
      }
      const usage = chainOf(call)
        .map((each) => each.usage)
        .reduce(addKnownUsage);
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
    const present = asked.filter(({ index }) => onDisk.has(index));
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
      const calls = asked.filter(({ life }) => life === number);
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
    const stories = pairs.filter(({ location }) => location === 'stories');
    const setAside = pairs.filter(({ location }) => location === 'set-aside');
    if (!over) blame('not_over', run.id, '실행이 끝나지 않았습니다');
    if (stories.length !== maxStories) blame('story_count', run.id, `${stories.length}편 (${maxStories}편이어야 함)`);
    const ends = run.ledger.records.filter((record): record is EndRecord => record.type === 'end' && record.over);
    if (ends.length !== 1) blame('ends', run.id, `장부의 끝 기록 ${ends.length}개`);
    // Calls without a text cost nothing, or nobody knows what.
    const answered = new Set(asked.filter(({ index }) => onDisk.has(index)).flatMap(chainOf));
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
    const blind = asked.filter(({ text, completed }) => text !== null && !completed).length;
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
