import { MINUTE, SECOND } from '../../lib/clock.js';
import type { LedgerRecord, PauseReason, PauseRecord } from '../../run/ledger-records.js';
import type { FoundRun } from '../../verify/folder/folder-check.js';
import type { Artifacts } from '../artifacts.js';
import type { Call } from '../mock-api.js';
import type { Recorded } from '../reconcile.js';
import { checkSupervisor, type Supervised } from '../rehearsal/behaviour-checks.js';
import type { App } from '../rehearsal/pm2-sandbox.js';
import { type Violation, violation } from '../violation.js';
import { MODELS } from './month-api.js';
import { type MonthEventKind, type MonthPlan, NIGHT, nextHour, TIMES } from './month-plan.js';

// Whether a month went as it should: what the run paused for and until when, and that it went on. Pure. What holds for any
// run, budget and hours among it, is left to `verify`.

/** What a rehearsal has recorded of its month. */
export interface MonthObservations extends Recorded, Supervised {
  plan: MonthPlan;
  /** The model of each request, by the request's index. */
  models: readonly string[];
  /** The events whose answers have not all been given. */
  left: readonly MonthEventKind[];
  /** The end that the worker was told to make at a spend limit; null when it did not come to that. */
  stop: PlannedStop | null;
}

/** A worker that had ended, until a person started it again. */
export interface PlannedStop {
  from: number;
  to: number;
  app: App | null;
}

/** A pause as the ledger has it. */
export interface FoundPause {
  reason: PauseReason;
  from: number;
  /** When it was to end. */
  until: number;
  /** When it did, or its process was gone. */
  to: number;
}

/** The exit code of a run that the API refuses. */
const REFUSED = 78;
/** What the start of a story, and the mock API's answer to it, may take. */
const SLACK = 30 * SECOND;
/** How long a model stands in for another, and a spend limit that names no reset is waited for. */
const STANDS_IN = 30 * MINUTE;
const LIMIT_RETRY = 60 * MINUTE;

export function checkMonth(observations: MonthObservations, { runs: [run], texts }: Artifacts): Violation[] {
  if (run === undefined) return [];
  const pauses = pausesOf(run.ledger.records);
  return [
    ...observations.left.map((kind) => violation('event_missed', kind, '그때의 답을 보낼 호출이 오지 않았습니다')),
    ...checkPauses(pauses, run),
    ...checkNights(observations, pauses, run),
    ...checkModels(observations),
    ...checkSpendLimits(observations),
    ...checkStop(observations, run),
    ...checkEnd(observations, run),
    ...checkSupervisor(observations, texts.filter(({ location }) => location === 'stories').length),
  ];
}

/** Reads the records as they stand, not by the report's own reading. */
export function pausesOf(records: readonly LedgerRecord[]): FoundPause[] {
  const pauses: FoundPause[] = [];
  let open: (PauseRecord & { phase: 'begin' }) | null = null;
  for (const record of records) {
    if (record.type !== 'pause' && record.type !== 'claim' && record.type !== 'end') continue;
    if (open !== null) pauses.push({ reason: open.reason, from: open.at, until: open.until, to: record.at });
    open = record.type === 'pause' && record.phase === 'begin' ? record : null;
  }
  return pauses;
}

const REASONS: readonly PauseReason[] = ['daily_cap', 'inactive_hours', 'spend_limit', 'crash_loop'];

/** There is a pause of each kind, each is planned until the right moment, and a story comes after it. */
function checkPauses(pauses: readonly FoundPause[], { ledger }: FoundRun): Violation[] {
  const lastStory = Math.max(0, ...storiesOf(ledger.records).map(({ at }) => at));
  const ofNone = REASONS.filter((wanted) => pauses.every(({ reason }) => reason !== wanted)).map((reason) =>
    violation('no_pause', reason, '이 까닭으로 쉰 적이 없습니다'),
  );
  const notLeft = REASONS.filter((wanted) => {
    const first = pauses.find(({ reason }) => reason === wanted);
    return first !== undefined && first.to > lastStory;
  }).map((reason) => violation('pause_not_left', reason, '쉬고 난 뒤의 소설이 없습니다'));
  const untilWhen = pauses.flatMap(({ reason, from, until, to }) => {
    const hour = reason === 'daily_cap' ? 0 : reason === 'inactive_hours' ? NIGHT.from : null;
    const wanted = hour === null ? until : nextHour(hour, from);
    const where = `${reason} ${new Date(from).toISOString()}`;
    return [
      ...(until === wanted ? [] : [violation('pause_until', where, `${iso(wanted)}이 아니라 ${iso(until)}까지입니다`)]),
      ...(to <= until + SLACK ? [] : [violation('overslept', where, `${to - until} ms 늦게 깼습니다`)]),
    ];
  });
  return [...ofNone, ...notLeft, ...untilWhen];
}

const iso = (at: number) => new Date(at).toISOString();

function storiesOf(records: readonly LedgerRecord[]) {
  return records.filter((record) => record.type === 'outcome' && record.kind === 'story');
}

/** Every night has a story, but for one that a spend limit or the planned end took. */
function checkNights({ plan, stop }: MonthObservations, pauses: readonly FoundPause[], { ledger }: FoundRun) {
  const stories = storiesOf(ledger.records);
  const lost = [...pauses.filter(({ reason }) => reason === 'spend_limit'), ...(stop === null ? [] : [stop])];
  const violations: Violation[] = [];
  for (let from = nextHour(NIGHT.from, plan.start); from < plan.end; from = nextHour(NIGHT.from, from)) {
    const to = Math.min(plan.end, nextHour(NIGHT.to, from));
    const isExplained = lost.some((span) => span.from < to && span.to > from);
    if (isExplained || stories.some(({ at }) => at >= from && at <= to)) continue;
    violations.push(violation('empty_night', iso(from), '소설이 없는 밤입니다'));
  }
  return violations;
}

/** After three overloads in a row the second model writes, and half an hour later the first one again. */
function checkModels({ calls, models }: MonthObservations): Violation[] {
  const modelOf = ({ index }: Call) => models[index];
  const violations: Violation[] = [];
  let switchedAt: number | null = null;
  let overloads = 0;
  for (const call of calls) {
    if (switchedAt !== null && call.at >= switchedAt + STANDS_IN) switchedAt = null;
    const wanted = MODELS[switchedAt === null ? 0 : 1];
    if (modelOf(call) !== wanted) {
      violations.push(
        violation('wrong_model', `${call.index}번째 요청`, `${wanted}이(가) 아니라 ${modelOf(call)}입니다`),
      );
    }
    overloads = call.kind === 'overload' ? overloads + 1 : 0;
    if (overloads === TIMES.overload) switchedAt = call.endedAt ?? call.at;
  }
  const hasStoodIn = calls.some((call) => modelOf(call) === MODELS[1] && call.kind === 'story');
  return hasStoodIn ? violations : [...violations, violation('no_stand_in', MODELS[1], '대신 쓴 소설이 없습니다')];
}

/** The next call after a spend limit comes when it is lifted, or else an hour later at the earliest. */
function checkSpendLimits({ calls, plan }: MonthObservations): Violation[] {
  const named = plan.events.find(({ kind }) => kind === 'limit_with_reset')?.at ?? 0;
  const ending = plan.events.find(({ kind }) => kind === 'limit_that_ends')?.at ?? 0;
  return calls.flatMap((call, index) => {
    const next = calls[index + 1];
    if (call.kind !== 'spend_limit' || call.at >= ending || next === undefined) return [];
    const isNamed = call.at >= named && call.at < plan.resetsAt;
    const earliest = isNamed ? plan.resetsAt : call.at + LIMIT_RETRY;
    if (next.at >= earliest) return [];
    return [violation('limit_not_kept', `${next.index}번째 요청`, `${iso(earliest)} 전에 불렀습니다`)];
  });
}

/** The run ended at the limit as it was told, and nothing was called until a person started it again. */
function checkStop({ stop, calls }: MonthObservations, { ledger: { records } }: FoundRun): Violation[] {
  if (stop === null) return [violation('not_stopped', 'pm2', '지출 한도에서 끝나지 않았습니다')];
  const { app, from, to } = stop;
  const refused = records.filter((record) => record.type === 'end' && record.reason === 'refused');
  const meanwhile = calls.filter(({ at }) => at > from && at < to);
  return [
    ...(app?.status === 'stopped' && app.exitCode === REFUSED
      ? []
      : [violation('not_stopped', 'pm2', `${app?.status}, 종료 코드 ${app?.exitCode} (stopped, ${REFUSED}이어야 함)`)]),
    ...(refused.length === 1 ? [] : [violation('end_reason', 'refused', `거부로 끝난 것이 ${refused.length}번입니다`)]),
    ...meanwhile.map(({ index }) => violation('called_while_stopped', `${index}번째 요청`, '멈춘 동안 불렀습니다')),
  ];
}

function checkEnd({ plan }: MonthObservations, { id, ledger: { records } }: FoundRun): Violation[] {
  const end = records.findLast((record) => record.type === 'end');
  if (end === undefined || end.reason !== 'duration') {
    return [violation('end_reason', id, `종료 사유가 ${end?.reason ?? '없음'}입니다`)];
  }
  const late = end.at - plan.end;
  // The run begins a moment after its month.
  return late >= 0 && late <= SLACK ? [] : [violation('ended_at', id, `마감에서 ${late} ms 떨어져 끝났습니다`)];
}
