import { isDeepStrictEqual } from 'node:util';
import { addUsage, NO_TOKENS, type Usage } from '../api/usage.js';
import type { OutcomeRecord } from '../run/ledger.js';
import type { Evidence, FoundAttempt, FoundRun } from './artifacts.js';
import { type Call, chainOf, type ReplyKind } from './mock-api.js';
import { checkEnd, checkPace, checkPatience, checkSupervisor, checkWeather } from './rehearsal/behaviour-checks.js';
import { type Complaint, callName, complaint, isFinal, type Witnessed } from './rehearsal/observations.js';

// What was asked, answered and done, held against what the worker has left. Pure. Everything here is what a folder alone
// cannot say: `verify` says the rest.

export function reckon(seen: Witnessed, evidence: Evidence): Complaint[] {
  const [run, ...others] = evidence.runs;
  if (run === undefined) return [complaint('no_run', '', '실행의 장부가 없습니다')];
  const matches = matchCalls(seen.calls, run);
  return [
    ...others.map(({ id }) => complaint('second_run', id, '이어 하지 않고 새로 시작한 실행이 있습니다')),
    ...checkTexts(seen, evidence, matches),
    ...checkOutcomes(matches),
    ...checkLost(seen, run),
    ...checkTotals(matches, evidence),
    ...checkEnd(seen, run, evidence),
    ...checkPatience(seen, run),
    ...checkPace(seen, run),
    ...checkSupervisor(seen, evidence),
    ...checkWeather(seen),
  ];
}

/** A request and the call that the ledger had recorded before it. */
export interface Match {
  call: Call;
  /** null when there is none of its own. */
  attempt: FoundAttempt | null;
}

/**
 * The ledger knows of every call before it is made, and only those that go on with one text have the same
 * premise. The latest attempt need not be the call's: on a busy machine a request may arrive only after the worker has given it up.
 */
export function matchCalls(calls: readonly Call[], { attempts }: FoundRun): Match[] {
  const taken = new Set<FoundAttempt>();
  return calls.map((call) => {
    const attempt = attempts.find((each) => !taken.has(each) && isOf(each, call)) ?? null;
    if (attempt !== null) taken.add(attempt);
    return { call, attempt };
  });
}

function isOf({ at, continues, premise }: FoundAttempt, call: Call): boolean {
  return (
    at <= call.at &&
    continues === (call.continues !== null) &&
    // Cards of the user's own are in the ledger alone.
    Object.entries(call.premise).every(([axis, id]) => premise[axis] === id)
  );
}

/** Every whole answer that was sent is on disk once, in another that took it in, or in a call that a kill cut off. */
function checkTexts({ calls }: Witnessed, { texts }: Evidence, matches: readonly Match[]): Complaint[] {
  const complaints: Complaint[] = [];
  const byText = new Map(calls.flatMap((call) => (call.text === null ? [] : [[call.text.trim(), call] as const])));
  const onDisk = new Map<number, string>();
  for (const { name, shelf, text } of texts) {
    const call = byText.get(text.trim());
    if (call === undefined) {
      complaints.push(complaint('unknown_text', name, '보낸 적이 없는 글이거나 온전하지 않습니다'));
      continue;
    }
    const other = onDisk.get(call.index);
    if (other !== undefined) complaints.push(complaint('text_twice', name, `같은 글이 두 번 있습니다: ${other}`));
    onDisk.set(call.index, name);
    if (shelf !== call.shelf)
      complaints.push(complaint('misplaced', name, `${callName(call)}의 답이 ${shelf}에 있습니다`));
  }
  const takenIn = new Set(
    calls
      .filter(({ index }) => onDisk.has(index))
      .flatMap((call) =>
        chainOf(call)
          .slice(1)
          .map(({ index }) => index),
      ),
  );
  for (const { call, attempt } of matches) {
    if (onDisk.has(call.index) && takenIn.has(call.index)) {
      complaints.push(complaint('text_twice', callName(call), '이어 쓴 글에도, 따로도 있습니다'));
    }
    const isKept = onDisk.has(call.index) || takenIn.has(call.index);
    if (call.text === null || !call.sent || isKept) continue;
    if (attempt?.outcome === null) continue;
    complaints.push(complaint('answer_dropped', callName(call), '온전히 보낸 답이 디스크에 없습니다'));
  }
  return complaints;
}

/** What the ledger has to say of an answer that came through. */
const EXPECTED: Record<ReplyKind, (outcome: OutcomeRecord) => boolean> = {
  story: isStory,
  rest: isStory,
  no_usage: isStory,
  cut_off: isPart,
  cut_off_for_good: (outcome) => isPart(outcome) || codeOf(outcome) === 'max_tokens',
  rate_limit: (outcome) => codeOf(outcome) === 'rate_limit_error',
  overload: (outcome) => codeOf(outcome) === 'overloaded_error',
  server_error: (outcome) => /^(api_error|timeout_error|http_50[0-4])$/.test(codeOf(outcome)),
  cut: (outcome) => codeOf(outcome) === 'cut',
  stall: (outcome) => codeOf(outcome) === 'idle_timeout',
  refusal: (outcome) => codeOf(outcome).startsWith('refusal:'),
  empty: (outcome) => codeOf(outcome) === 'empty',
  meta_talk: (outcome) => codeOf(outcome) === 'meta_talk',
};

function isStory({ kind }: OutcomeRecord): boolean {
  return kind === 'story';
}

function isPart({ kind }: OutcomeRecord): boolean {
  return kind === 'part';
}

function codeOf(outcome: OutcomeRecord): string {
  return outcome.kind === 'failure' ? outcome.code : outcome.kind;
}

function checkOutcomes(matches: readonly Match[]): Complaint[] {
  return matches.flatMap(({ call, attempt }) => {
    if (attempt === null) return [complaint('unrecorded_call', callName(call), '장부에 없는 호출입니다')];
    const { outcome } = attempt;
    if (outcome === null || call.killed || !isWhole(call)) return [];
    return [
      ...(EXPECTED[call.kind](outcome)
        ? []
        : [complaint('wrong_outcome', callName(call), `장부의 결과는 ${codeOf(outcome)}입니다`)]),
      ...(isDeepStrictEqual(outcome.usage, call.usage)
        ? []
        : [complaint('wrong_usage', callName(call), '장부의 사용량이 보낸 것과 다릅니다')]),
    ];
  });
}

/** It came through as it was meant to, also where it was meant to break. */
function isWhole({ kind, sent, endedAt }: Call): boolean {
  return sent || (endedAt !== null && (kind === 'cut' || kind === 'stall'));
}

/** Calls that failed without any weather: on a machine that is too busy, a stream may seem to stall. */
export function unplannedFailures(matches: readonly Match[]): Match[] {
  return matches.filter(
    ({ call, attempt }) => call.squall === null && !call.killed && attempt?.outcome?.kind === 'failure',
  );
}

/** Only a kill may leave a call without an outcome, and each no more than the one in hand. */
function checkLost({ kills }: Witnessed, { attempts }: FoundRun): Complaint[] {
  return attempts.flatMap(({ at, outcome, followedAt }, index) => {
    const isExplained = kills.some((kill) => kill >= at && kill <= (followedAt ?? Number.POSITIVE_INFINITY));
    if (outcome !== null || isExplained) return [];
    return [complaint('lost_without_kill', `${index + 1}번째 호출`, '강제 종료가 없었는데 결과가 없습니다')];
  });
}

function checkTotals(matches: readonly Match[], { texts, log, runs }: Evidence): Complaint[] {
  const final = log.findLast(isFinal);
  if (final === undefined) return [];
  // Of a call that did not come through, the worker alone knows what it was told.
  const known = matches.flatMap(({ call, attempt }) => {
    const outcome = attempt?.outcome ?? null;
    return outcome === null ? [] : ((isWhole(call) ? call.usage : outcome.usage) ?? []);
  });
  const told = [final.stories, final.set_aside, final.attempts, final.calls_lost_to_kills, final.tokens];
  const attempts = runs[0]?.attempts ?? [];
  const counted = [
    texts.filter(({ shelf }) => shelf === 'stories').length,
    texts.filter(({ shelf }) => shelf === 'set-aside').length,
    attempts.length,
    attempts.filter(({ outcome }) => outcome === null).length,
    known.reduce<Usage>(addUsage, NO_TOKENS),
  ];
  if (isDeepStrictEqual(told, counted)) return [];
  return [complaint('final_totals', '최종 통계', `${JSON.stringify(told)} ≠ ${JSON.stringify(counted)}`)];
}
