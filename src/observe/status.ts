import type { Usage } from '../api/usage.js';
import { SECOND } from '../lib/clock.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { clockTime, formatDuration, localIso } from '../lib/format-time.js';
import { type Caps, spent } from '../run/budget.js';
import type { Waiting } from '../run/end-reason.js';
import { waitingLabel } from '../run/labels.js';
import type { RunState } from '../run/run-state.js';
import type { WorkerEvent } from '../worker/events.js';

/** The activity of a run; a wait has the name of its purpose. */
export type ActivityKind =
  | 'starting'
  | 'writing'
  /** Something has to be on disk before the run may go on, and the disk refuses. */
  | 'holding'
  | Waiting
  | 'ended'
  /** Its worker lives, and did not say. */
  | 'unknown';

/** The disk refuses, and is tried again at that time, milliseconds since the epoch; then it is tried. */
export type StorageRetryEvent = { kind: 'holding'; until: number } | { kind: 'holding_over' };

/** The facts that stay the same while a process has the run. */
export interface RunInfo {
  /** Of the status file; absent in format 1. */
  format?: number;
  run_id: string;
  run_name: string;
  /** Process id of the worker; null when no worker is alive. */
  pid: number | null;
  /** When the run first started, ISO 8601 as all times here. */
  started_at: string;
  /** null: none, or unknown. */
  deadline: string | null;
  /** null: no limit, or unknown. */
  max_stories: number | null;
  /** In tokens and in US dollars; null: no cap, or unknown. */
  caps: { tokens: number | null; cost_usd: number | null };
  /** How long one call may take; absent in format 1. */
  call_timeout_seconds?: number;
}

/** The counts in the run's ledger. */
export interface Counts {
  /** Which of the run's processes: 1 for the first. */
  epoch: number;
  resumes: number;
  stories: number;
  attempts: number;
  failures_in_a_row: number;
  set_aside: number;
  tokens: Usage;
  /** null while no price is known. */
  cost_usd: number | null;
  calls_without_usage: number;
  /** The usage that counts towards the caps: known usage, and the most that calls of unknown usage can have used. */
  counted: { tokens: number; cost_usd: number };
  /** When the latest record of the ledger was written. */
  last_record_at: string;
}

/** The part of the status that only the worker knows. */
export interface Activity {
  doing: ActivityKind;
  /** How many stories are being written; absent in format 1. */
  in_hand?: number;
  /** Korean: more about what it waits for, such as how far a batch is; absent where there is no more. */
  detail?: string;
  /** Since when it does that. */
  since: string;
  /** When the wait at hand ends. */
  next_at: string | null;
  last_story: LastStory | null;
  last_failure: LastFailure | null;
  end: StatusEnd | null;
}

export interface LastStory {
  /** null when it is no longer known. */
  title: string | null;
  file: string;
  at: string;
}

export interface LastFailure {
  code: string;
  /** Korean; null when it is no longer known. */
  reason: string | null;
  at: string;
}

export interface StatusEnd {
  /** A stable word: the reason of the final record, or `killed`. */
  reason: string;
  /** Korean. */
  message: string;
  /** false: interrupted, and can be taken up. */
  over: boolean;
  exit_code: number | null;
}

/** A run as it stands at a moment. Immutable, and JSON as it is. */
export type Status = Readonly<RunInfo & Counts & Activity>;

/** @param epochMs milliseconds since the epoch */
export const toIso = (epochMs: number): string => new Date(epochMs).toISOString();

/** Before the first change. @param now milliseconds since the epoch, as all such here */
export function initialActivity(now: number): Activity {
  return { doing: 'starting', since: toIso(now), next_at: null, last_story: null, last_failure: null, end: null };
}

/** The activity after one more event. Pure. */
export function reduceActivity(activity: Activity, event: WorkerEvent | StorageRetryEvent, now: number): Activity {
  const at = toIso(now);
  switch (event.kind) {
    case 'writing': {
      // Of the wait before.
      const { detail: _, ...rest } = activity;
      const goesOn = activity.doing === 'writing' && event.inHand > 1;
      return {
        ...rest,
        doing: 'writing',
        in_hand: event.inHand,
        since: goesOn ? activity.since : at,
        next_at: null,
      };
    }
    case 'holding_over':
      return { ...activity, doing: 'writing', since: at, next_at: null };
    case 'holding':
      return { ...activity, doing: 'holding', since: at, next_at: toIso(event.until) };
    case 'waiting':
      return toWaiting(activity, event, at);
    case 'saved':
      return { ...activity, last_story: { title: event.story.title, file: `${event.stored.name}.md`, at } };
    case 'failed':
      return { ...activity, last_failure: { code: event.failure.code, reason: event.failure.reason, at } };
    case 'abandoned':
    case 'capped':
    case 'cap_near':
    case 'paused':
      return activity;
  }
}

/** Polls of one batch are one wait. */
function toWaiting(activity: Activity, event: Extract<WorkerEvent, { kind: 'waiting' }>, at: string): Activity {
  const { detail: _, ...rest } = activity;
  const goesOn = event.for === 'batch' && activity.doing === 'batch';
  return {
    ...rest,
    doing: event.for,
    in_hand: 0,
    since: goesOn ? activity.since : at,
    next_at: toIso(event.until),
    ...(event.detail === undefined ? {} : { detail: event.detail }),
  };
}

export function toCaps({ tokens, costUsd }: Caps): RunInfo['caps'] {
  return { tokens, cost_usd: costUsd };
}

export function countsOf(state: RunState): Counts {
  const { statistics, epoch, resumes, failuresInARow, lastAt } = state;
  const { tokens, costUsd } = spent(state);
  return {
    epoch,
    resumes,
    stories: statistics.stories,
    attempts: statistics.attempts,
    failures_in_a_row: failuresInARow,
    set_aside: statistics.setAside,
    tokens: statistics.tokens,
    cost_usd: statistics.costUsd,
    calls_without_usage: statistics.callsWithoutUsage,
    counted: { tokens, cost_usd: costUsd },
    last_record_at: toIso(lastAt),
  };
}

const DOING: Record<Exclude<ActivityKind, Waiting>, string> = {
  starting: '시작하는 중',
  writing: '소설을 쓰는 중',
  holding: '디스크에 저장할 수 있기를 기다리는 중',
  ended: '끝남',
  unknown: '알 수 없음',
};

function labelOf(doing: ActivityKind): string {
  return isWaiting(doing) ? waitingLabel(doing) : DOING[doing];
}

function isWaiting(doing: ActivityKind): doing is Waiting {
  return !Object.hasOwn(DOING, doing);
}

/** The activity of the run in a few Korean words. */
export function describeDoing({ doing, in_hand = 0, detail, next_at, deadline }: Status): string {
  if (doing === 'batch' && detail !== undefined) return `${waitingLabel(doing)} (${detail})`;
  if (doing === 'writing' && in_hand > 1) return `소설 ${formatNumber(in_hand)}편을 쓰는 중`;
  return next_at !== null && next_at === deadline ? '마감을 기다리는 중' : labelOf(doing);
}

/** The status for people: a heading, and a line for everything that there is to say. */
export function describeStatus(status: Status, now: number): string {
  const { run_id, run_name, pid, deadline, max_stories, caps, counted, end } = status;
  const { stories, attempts, resumes, set_aside, tokens, cost_usd, calls_without_usage } = status;
  const { last_story, last_failure, failures_in_a_row, started_at, since, next_at } = status;
  const lines: (string | false)[] = [
    end === null
      ? `지금: ${describeDoing(status)} (${next_at === null ? `${formatDuration(now - Date.parse(since))}째` : moment(next_at, now)})`
      : `종료: ${moment(since, now)} - ${end.message}`,
    `시작: ${moment(started_at, now)}`,
    // A run that is over has no deadline ahead.
    deadline !== null && end?.over !== true && `마감: ${moment(deadline, now)}`,
    `소설: ${formatNumber(stories)}편${of(max_stories, (most) => `${formatNumber(most)}편`)} (시도 ${formatNumber(attempts)}회)`,
    set_aside > 0 && `따로 보관: ${formatNumber(set_aside)}건`,
    resumes > 0 && `다시 시작: ${formatNumber(resumes)}회`,
    `토큰: ${formatNumber(tokens.total_tokens)} (입력 ${formatNumber(tokens.input_tokens)}, 출력 ${formatNumber(tokens.output_tokens)})` +
      (calls_without_usage === 0 ? '' : ` - 사용량을 모르는 호출 ${formatNumber(calls_without_usage)}회 제외`),
    // The offline author costs nothing, which is not worth a word.
    Boolean(cost_usd) && `비용(정가 기준): ${formatCost(cost_usd ?? 0)}`,
    caps.tokens !== null && `토큰 상한: ${formatNumber(counted.tokens)}${of(caps.tokens, formatNumber)}`,
    caps.cost_usd !== null && `비용 상한: ${formatCost(counted.cost_usd)}${of(caps.cost_usd, formatCost)}`,
    last_story !== null &&
      `마지막 소설: ${last_story.title === null ? '' : `"${last_story.title}" `}${last_story.file} (${moment(last_story.at, now)})`,
    failures_in_a_row > 0 &&
      last_failure !== null &&
      `연속 실패: ${formatNumber(failures_in_a_row)}회, ${last_failure.reason ?? last_failure.code} (${moment(last_failure.at, now)})`,
  ];
  const heading = `${run_id} (${run_name}) - ${describeState(status, now)}${pid === null ? '' : `, pid ${pid}`}`;
  return [heading, ...lines.filter((line) => line !== false)].join('\n  ');
}

function describeState({ end, deadline }: Status, now: number): string {
  if (end === null) return '진행 중';
  if (end.over) return '끝남';
  const late = deadline !== null && Date.parse(deadline) <= now;
  return late ? '중단됨 (마감이 지났습니다)' : '중단됨 (--resume으로 이어 할 수 있습니다)';
}

const of = (limit: number | null, show: (limit: number) => string): string =>
  limit === null ? '' : ` / ${show(limit)}`;

/** The end of a wait is put together from two clocks: 01:00:00 may be told as a millisecond less. */
export function toWholeSecond(epochMs: number): number {
  return Math.round(epochMs / SECOND) * SECOND;
}

/** A moment as a local time, and how far it is: `2026-11-24 05:54:11, 3분 2초 전`; the day only where it is another. */
function moment(iso: string, now: number): string {
  const told = Date.parse(iso);
  const at = told > now ? toWholeSecond(told) : told;
  const [day, today] = [localIso(at).slice(0, 10), localIso(now).slice(0, 10)];
  const away = `${formatDuration(Math.abs(at - now))} ${at > now ? '뒤' : '전'}`;
  return `${day === today ? '' : `${day} `}${clockTime(at)}, ${away}`;
}
