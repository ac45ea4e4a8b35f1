import { formatCost, formatNumber } from '../../lib/format-number.js';
import { clockTime, formatDuration, localIso } from '../../lib/format-time.js';
import { nextActive } from '../../run/active-hours.js';
import type { Caps } from '../../run/budget.js';
import { type CheckResult, failAt, type Place, pass, skip } from '../catalog.js';
import { type ConfiguredProcess, type RunEvidence, skipReason, withSettings } from '../run-evidence.js';
import { callsByDay, callsOfDays, dayOf, type StoryCall, spentAt, spentByDay } from './day-spending.js';
import { START_TOLERANCE } from './limits.js';

// Criterion 1: a run keeps the budget of a day and its active hours. It pauses for them, and goes on by itself.

/** The checks of what a run pauses for. */
export function checkPauses(evidence: RunEvidence): CheckResult[] {
  return [checkDayBudget(evidence), checkActiveHours(evidence)];
}

/** Tolerance for sums of fractions, in US dollars. */
const COST_TOLERANCE = 1e-6;

/**
 * No story begins whose call could pass the budget of its day, if it and every call in hand took the most that they can.
 * A story that was begun is finished: the calls for its rest have no part in this.
 */
function checkDayBudget(evidence: RunEvidence): CheckResult {
  const code = 'within_day_budget';
  const why = skipReasonOf(evidence);
  if (why !== null) return skip(code, why);
  const processes = withSettings(evidence);
  const budgets = processes.map(({ settings: { capsPerDay } }) => capsPerDay);
  if (budgets.every(isUnlimited)) return pass(code, '하루 상한 없음');
  const calls = callsOfDays(evidence.folderRuns);
  const byDay = callsByDay(calls, evidence.now);
  const places = beginningsOf(processes, calls, evidence.run.id).flatMap(({ call, settings }): Place[] => {
    const { tokens, costUsd } = settings.capsPerDay;
    if (isUnlimited(settings.capsPerDay)) return [];
    const spent = spentAt(byDay, call);
    return [
      ...(tokens !== null && spent.tokens > tokens
        ? [`토큰이 ${formatNumber(spent.tokens)}까지 갈 수 있음 (하루 상한 ${formatNumber(tokens)})`]
        : []),
      ...(costUsd !== null && spent.costUsd > costUsd + COST_TOLERANCE
        ? [`비용이 ${formatCost(spent.costUsd)}까지 갈 수 있음 (하루 상한 ${formatCost(costUsd)})`]
        : []),
    ].map((message) => ({ where: placeOf(call), message }));
  });
  const last = budgets.at(-1) ?? { tokens: null, costUsd: null };
  const days = spentByDay(calls, evidence.run.ledger.begin.at);
  const most = (used: number[]) => used.reduce((a, b) => Math.max(a, b), 0);
  const tokens = most(days.map((day) => day.tokens));
  const costUsd = most(days.map((day) => day.costUsd));
  const figure = [
    `${formatNumber(days.length)}일`,
    ...(last.tokens === null ? [] : [`하루 토큰 많아야 ${formatNumber(tokens)} / ${formatNumber(last.tokens)}`]),
    ...(last.costUsd === null ? [] : [`하루 비용 많아야 ${formatCost(costUsd)} / ${formatCost(last.costUsd)}`]),
    ...(isUnlimited(last) ? ['지금은 하루 상한 없음'] : []),
  ];
  return failAt(code, figure.join(', '), places);
}

const isUnlimited = ({ tokens, costUsd }: Caps) => tokens === null && costUsd === null;

function checkActiveHours(evidence: RunEvidence): CheckResult {
  const code = 'within_active_hours';
  const why = skipReasonOf(evidence);
  if (why !== null) return skip(code, why);
  const processes = withSettings(evidence);
  if (processes.every(({ settings: { activeHours } }) => activeHours === null)) return pass(code, '시간대 제한 없음');
  const begun = beginningsOf(processes, callsOfDays([evidence.run]), evidence.run.id);
  const limited = begun.filter(({ settings }) => settings.activeHours !== null);
  const places = limited.flatMap(({ call, settings: { activeHours } }): Place[] => {
    // Within the hours when the worker looked at the clock, and over when it wrote the call down.
    const lookedAt = call.at - START_TOLERANCE;
    if (activeHours === null || [call.at, lookedAt].some((at) => nextActive(activeHours, at) === at)) return [];
    const early = nextActive(activeHours, call.at) - call.at;
    return [{ where: placeOf(call), message: `정한 시간대보다 ${formatDuration(early)} 먼저 시작` }];
  });
  return failAt(code, `시작 ${formatNumber(limited.length)}번이 모두 정한 시간대`, places);
}

/** The calls that began a text, of the processes whose settings are known. */
function beginningsOf(processes: readonly ConfiguredProcess[], calls: readonly StoryCall[], runId: string) {
  const own = new Map(calls.filter(({ run }) => run === runId).map((call) => [call.record, call]));
  return processes.flatMap(({ records, settings }) =>
    records.flatMap((record) => {
      const call = record.type === 'attempt' && record.continues === undefined ? own.get(record) : undefined;
      return call === undefined ? [] : [{ call, settings }];
    }),
  );
}

function placeOf({ number, at }: StoryCall): string {
  return `장부, ${formatNumber(number)}번째 호출 (${dayOf(at)} ${clockTime(at)})`;
}

/** Days and hours are those of the worker's clock: on a machine with another time zone they cannot be told. */
function skipReasonOf(evidence: RunEvidence): string | null {
  if (withSettings(evidence).length === 0) return skipReason(evidence);
  const isElsewhere = evidence.pairs.some(({ metadata: { generated_at: at } }) => {
    const offset = /([+-]\d\d:\d\d)$/.exec(at ?? '')?.[1];
    return offset !== undefined && !localIso(Date.parse(at ?? '')).endsWith(offset);
  });
  return isElsewhere ? '작업자의 시간대가 이 컴퓨터와 다릅니다 (TZ를 작업자와 같게 하세요)' : null;
}
