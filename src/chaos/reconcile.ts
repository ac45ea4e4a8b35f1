import { isDeepStrictEqual } from 'node:util';
import { addKnownUsage, addUsage, NO_TOKENS, type Usage } from '../api/usage.js';
import type { OutcomeRecord } from '../run/ledger.js';
import type { FoundRun } from '../verify/folder/folder-check.js';
import type { AnswerKind } from './answers.js';
import {
  type Artifacts,
  endsOf,
  type FoundAttempt,
  type FoundProcess,
  finalsOf,
  processesOf,
  recordsOf,
} from './artifacts.js';
import { type CreatedBatch, checkBatches } from './bulk-checks.js';
import { type Call, chainOf } from './mock-api.js';
import { differ, type Violation, violation } from './violation.js';

// Reconciles the requests and answers that were recorded with what the worker has left on disk. Pure. A folder alone
// can show none of this; `verify` checks the rest.

/** A kill of the worker, at a time in milliseconds since the epoch. */
export interface Kill {
  pid: number;
  at: number;
}

/** What is known of a run from outside the worker. */
export interface Recorded {
  calls: readonly Call[];
  kills: readonly Kill[];
  /** The batches that were created. */
  batches: readonly CreatedBatch[];
}

export interface ReconcileOptions {
  /** The run is over, and nothing may be on its way any more. */
  atRest: boolean;
  /** Requests may fail before they arrive: the API was out of reach for a while, or the machine is busy. */
  mayMissRequests: boolean;
  /** How many calls the worker makes at a time: a kill cuts off no more. Default 1. */
  callsAtOnce?: number;
  /** May another process repeat the final record of this one? Default: no. */
  mayRepeatFinal?: (pid: number) => boolean;
}

/** A request and the attempt that the ledger had recorded before it. */
export interface Match {
  call: Call;
  /** null when there is none of its own. */
  attempt: FoundAttempt | null;
}

export interface Reconciliation {
  violations: Violation[];
  matches: readonly Match[];
  processes: readonly FoundProcess[];
  /** Those of all processes. */
  attempts: readonly FoundAttempt[];
  /** The name under which the text of a call is on disk, by the call's index. */
  onDisk: ReadonlyMap<number, string>;
  /** The calls whose texts are part of later ones that are on disk. */
  superseded: ReadonlySet<number>;
}

export function reconcile(recorded: Recorded, artifacts: Artifacts, options: ReconcileOptions): Reconciliation {
  const [run, ...others] = artifacts.runs;
  const processes = run === undefined ? [] : processesOf(run);
  const attempts = processes.flatMap((process) => process.attempts);
  const matches = matchCalls(recorded.calls, attempts);
  const { onDisk, superseded, violations } = matchTexts(recorded.calls, artifacts);
  const reconciled = { matches, processes, attempts, onDisk, superseded };
  if (run === undefined && options.atRest) {
    return { violations: [violation('no_run', '', '실행의 장부가 없습니다')], ...reconciled };
  }
  violations.push(
    ...others.map(({ id }) => violation('second_run', id, '이어 하지 않고 새로 시작한 실행이 있습니다')),
    ...matches.flatMap((match) => checkCall(match, reconciled)),
    ...attempts.flatMap((attempt) => checkAttempt(attempt, recorded, matches, options)),
    ...checkBatches(recorded.batches, artifacts.runs, options),
    ...(run === undefined || !options.atRest ? [] : checkEnd(run, artifacts, reconciled, options)),
  );
  return { violations, ...reconciled };
}

/**
 * The ledger records every call before it is made, and only those that continue one text have the same premise. Several
 * may be in progress at once, and on a busy machine a request may arrive only after the worker has given it up.
 */
export function matchCalls(calls: readonly Call[], attempts: readonly FoundAttempt[]): Match[] {
  const left = new Set(attempts);
  return calls.map((call) => {
    const attempt = attempts.find((each) => left.has(each) && isOf(each, call)) ?? null;
    if (attempt !== null) left.delete(attempt);
    return { call, attempt };
  });
}

function isOf({ record, process }: FoundAttempt, call: Call): boolean {
  if (call.customId !== null || record.custom_id !== undefined) return record.custom_id === call.customId;
  return (
    record.at <= call.at &&
    (call.pid ?? process.pid) === process.pid &&
    (record.continues !== undefined) === (call.continues !== null) &&
    // Cards of the user's own are in the ledger alone.
    Object.entries(call.premise).every(([axis, id]) => record.premise[axis] === id)
  );
}

/**
 * Every text on disk is one that was sent, in its place, once, with metadata that fit. Of an answer that broke, what had
 * arrived is set aside.
 */
function matchTexts(calls: readonly Call[], { texts, runs }: Artifacts) {
  const violations: Violation[] = [];
  const onDisk = new Map<number, string>();
  const published = new Set<number>();
  for (const { name, location, text, metadata } of texts) {
    const isOfRequest = ({ index, customId }: Call) =>
      customId === null
        ? String(metadata.request_id).endsWith(`_${String(index).padStart(6, '0')}`)
        : // Results of a batch have no request of their own.
          metadata.request_id === null;
    const call =
      calls.findLast((each) => each.text === text) ??
      calls.find((each) => isOfRequest(each) && !isAnswered(each) && text !== '' && each.full.startsWith(text));
    if (call === undefined) {
      const start = JSON.stringify(text.slice(0, 40));
      violations.push(violation('unknown_text', name, `보낸 적이 없는 글이거나 온전하지 않습니다: ${start}`));
      continue;
    }
    const { index } = call;
    const destination = call.sent ? call.destination : 'set-aside';
    const other = onDisk.get(index);
    if (other === undefined) onDisk.set(index, name);
    else violations.push(violation('text_twice', name, `같은 글이 두 번 있습니다: ${other}`));
    if (location === 'stories' || location === 'set-aside') {
      published.add(index);
      if (location !== destination)
        violations.push(violation('misplaced', name, `${callName(call)}의 답: ${location}`));
    }
    const usage = chainOf(call)
      .map((each) => each.usage)
      .reduce(addKnownUsage);
    if (isWhole(call) && !isDeepStrictEqual(metadata.usage, usage)) {
      violations.push(violation('wrong_usage', name, '메타데이터의 사용량이 보낸 것과 다릅니다'));
    }
    if (!runs.some(({ id }) => id === metadata.run_id)) {
      violations.push(violation('wrong_run', name, '다른 실행의 글입니다'));
    }
    if (!isOfRequest(call)) {
      violations.push(violation('wrong_request', name, '다른 요청의 번호가 적혀 있습니다'));
    }
  }
  const present = calls.filter(({ index }) => onDisk.has(index));
  const superseded = new Set(present.flatMap((call) => chainOf(call).slice(1)).map(({ index }) => index));
  for (const call of present) {
    // In staging a kill may leave it: the next start removes it.
    const isTwice = superseded.has(call.index) && published.has(call.index);
    if (isTwice) violations.push(violation('text_twice', callName(call), '이어 쓴 글에도, 따로도 있습니다'));
  }
  return { onDisk, superseded, violations };
}

/** What the ledger has to say of an answer that arrived. */
const EXPECTED: Record<AnswerKind, (outcome: OutcomeRecord, attempt: FoundAttempt) => boolean> = {
  story: ({ kind }) => kind === 'story',
  no_usage: ({ kind }) => kind === 'story',
  cut_off: (outcome, { isRecovered }) => outcome.kind === 'part' || (isRecovered && codeOf(outcome) === 'max_tokens'),
  cut_off_for_good: (outcome) => outcome.kind === 'part' || codeOf(outcome) === 'max_tokens',
  rate_limit: (outcome) => codeOf(outcome) === 'rate_limit_error',
  overload: (outcome) => codeOf(outcome) === 'overloaded_error',
  server_error: (outcome) => /^(api_error|timeout_error|http_50[0-4])$/.test(codeOf(outcome)),
  cut: (outcome) => codeOf(outcome) === 'cut',
  stall: (outcome) => codeOf(outcome) === 'idle_timeout',
  refusal: (outcome) => codeOf(outcome).startsWith('refusal:'),
  empty: (outcome) => codeOf(outcome) === 'empty',
  expired: ({ kind }) => kind === 'abandoned',
  spend_limit: (outcome) => outcome.kind === 'failure' && outcome.failure === 'blocked',
  meta_talk: ({ kind }) => kind === 'story',
};

function codeOf(outcome: OutcomeRecord): string {
  return outcome.kind === 'failure' ? outcome.code : outcome.kind;
}

/** The ledger has the call and what became of it, and a text that was sent whole is kept. */
function checkCall(match: Match, { onDisk, superseded }: Pick<Reconciliation, 'onDisk' | 'superseded'>): Violation[] {
  const { call, attempt } = match;
  const { index, kind } = call;
  const where = callName(call);
  const isKept = onDisk.has(index) || superseded.has(index);
  const isDropped = !isKept && (isAnswered(call) || hasArrivedInPart(match));
  const dropped = isDropped ? [violation('answer_dropped', where, '도착한 답이 디스크에 없습니다')] : [];
  if (attempt === null) return [violation('unrecorded_call', where, '장부에 없는 호출입니다'), ...dropped];
  const { outcome } = attempt;
  // Cut off by a kill, which checkAttempt wants to see; or staged, and recorded by the next start.
  if (outcome === null) return [];
  const name = outcome.kind === 'abandoned' ? null : outcome.name;
  const isMisnamed =
    !isDropped && (onDisk.has(index) || !superseded.has(index)) && name !== (onDisk.get(index) ?? null);
  const hasArrived = isWhole(call);
  const violations = [...dropped];
  if (isMisnamed || (hasArrived && !EXPECTED[kind](outcome, attempt))) {
    const found = `장부에는 ${codeOf(outcome)} ${name}, 디스크에는 ${onDisk.get(index)}`;
    violations.push(violation('wrong_outcome', where, found));
  }
  if (hasArrived && !isDeepStrictEqual(outcome.usage, call.usage)) {
    violations.push(violation('wrong_usage', where, '장부의 사용량이 보낸 것과 다릅니다'));
  }
  return violations;
}

/** More of a broken answer than this, in characters, has to be kept. */
const WORTH_KEEPING = 300;

/** The worker has recorded that the answer broke, and so much of it had arrived that it has to be kept. */
function hasArrivedInPart({ call: { kind, breaksAfter }, attempt }: Match): boolean {
  const outcome = attempt?.outcome ?? null;
  return kind === 'cut' && outcome !== null && codeOf(outcome) === 'cut' && (breaksAfter ?? 0) > WORTH_KEEPING;
}

/** Only a kill may leave a call without an outcome, and every call that the ledger has was made, or given up unsent. */
function checkAttempt(
  attempt: FoundAttempt,
  { kills }: Recorded,
  matches: readonly Match[],
  { atRest, mayMissRequests, callsAtOnce = 1 }: ReconcileOptions,
): Violation[] {
  const { process, record, outcome } = attempt;
  const where = `${record.number}번째 호출`;
  // The results of a batch can be had until all of them are taken.
  if (outcome === null && record.batch !== undefined && !atRest) return [];
  if (outcome === null) {
    const wasKilled = !process.hasEnded && kills.some(({ pid, at }) => pid === process.pid && at >= record.at);
    const isExplained = wasKilled && record.batch === undefined && process.mostOpen <= callsAtOnce;
    return isExplained ? [] : [violation('lost_without_kill', where, '강제 종료가 없었는데 결과가 없습니다')];
  }
  if (attempt.isUnsent) return [];
  const mayBeMissing = mayMissRequests && outcome.kind === 'failure' && outcome.name === null;
  if (mayBeMissing || matches.some((match) => match.attempt === attempt)) return [];
  return [violation('call_never_made', where, '장부에만 있고 요청은 오지 않았습니다')];
}

/** The run has ended once, and the final record and the ledger both say what was counted here. */
function checkEnd(
  run: FoundRun,
  artifacts: Artifacts,
  { matches, attempts }: Pick<Reconciliation, 'matches' | 'attempts'>,
  { mayRepeatFinal = () => false }: ReconcileOptions,
): Violation[] {
  const finals = finalsOf(artifacts);
  const mayRepeat = finals.slice(0, -1).every(({ pid }) => mayRepeatFinal(pid));
  const ends = endsOf(run).length;
  const violations: Violation[] = [];
  if (ends !== 1) violations.push(violation('ends', run.id, `장부의 끝 기록이 ${ends}개입니다`));
  if (finals.length === 0 || !mayRepeat) {
    violations.push(violation('final_records', run.id, `최종 통계가 ${finals.length}개입니다`));
  }
  if (finals.length > 0 && finals.at(-1) !== recordsOf(artifacts).at(-1)) {
    violations.push(violation('final_not_last', run.id, '최종 통계가 로그의 마지막 줄이 아닙니다'));
  }
  // Of an answer that did not arrive whole, the worker alone knows what it was told.
  const known = matches.flatMap(({ call, attempt }) => {
    const outcome = attempt?.outcome ?? null;
    return outcome === null ? [] : ((isWhole(call) ? call.usage : outcome.usage) ?? []);
  });
  const counted = {
    stories: artifacts.texts.filter(({ location }) => location === 'stories').length,
    set_aside: artifacts.texts.filter(({ location }) => location === 'set-aside').length,
    attempts: attempts.length,
    calls_lost_to_kills: attempts.filter(({ outcome }) => outcome === null).length,
    tokens: known.reduce<Usage>(addUsage, NO_TOKENS),
  };
  const { stories, setAside: set_aside, attempts: made, lostCalls, tokens } = run.state.statistics;
  const replayed = { stories, set_aside, attempts: made, calls_lost_to_kills: lostCalls, tokens };
  violations.push(...differ('ledger_totals', run.id, replayed, counted));
  for (const { fields } of finals) {
    const told = Object.fromEntries(Object.keys(counted).map((key) => [key, fields[key]]));
    violations.push(...differ('final_totals', run.id, told, counted));
  }
  return violations;
}

/** A text has left whole. */
export function isAnswered({ text, sent }: Call): boolean {
  return text !== null && sent;
}

/** The answer went as it was planned, also where it was planned to break. */
export function isWhole({ kind, sent, endedAt }: Call): boolean {
  return sent || (endedAt !== null && (kind === 'cut' || kind === 'stall'));
}

/** A request, for people. */
export const callName = ({ index, kind }: Call) => `${index + 1}번째 요청(${kind})`;
