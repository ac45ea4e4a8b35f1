import type { NotificationEvent } from '../config/notification-events.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { clockTime } from '../lib/format-time.js';
import type { PauseReason } from '../run/end-reason.js';
import { waitingLabel } from '../run/labels.js';
import { describeNearCap } from '../worker/attempt/announce-outcome.js';
import type { WorkerEvent } from '../worker/events.js';
import { type Status, type StatusEnd, toWholeSecond } from './status.js';

// What the user's command is told of, as values. Pure.

/** What the command reads from its standard input, as one line of JSON. */
export interface Notification {
  event: NotificationEvent;
  /** Korean, one line. */
  message: string;
  /** null when the run could not even begin. */
  run_id: string | null;
  /** Of an end, the final record's reason; of a pause, its own. */
  reason?: string;
  /** Of an end. */
  exit_code?: number | null;
  /** Of a pause: when the run goes on, ISO 8601. */
  until?: string;
  /** Of a story. */
  story?: StoryNews;
  status: Status | null;
}

/** A story that was saved. */
export interface StoryNews {
  title: string;
  /** Code points, as in the metadata. */
  word_count: number;
  /** US dollars; null where no price is known. */
  cost_usd: number | null;
  /** Absolute paths of its two files. */
  markdown_path: string;
  metadata_path: string;
}

/** A notification without what all of them say. */
export type News = Omit<Notification, 'run_id' | 'status'>;

/** Pauses that the user did not plan, and that need a person's attention. */
const UNPLANNED: ReadonlySet<string> = new Set<PauseReason>(['spend_limit', 'crash_loop']);

/** Did the user ask for this event? Asking for failures includes the pauses that are failures. */
export function isWanted({ event, reason }: News, wanted: ReadonlySet<NotificationEvent>): boolean {
  if (wanted.has(event)) return true;
  return event === 'paused' && wanted.has('failures') && reason !== undefined && UNPLANNED.has(reason);
}

/** Is the pause one that the settings planned, such as the hours of the day? */
export function isPlannedPause(reason: PauseReason): boolean {
  return !UNPLANNED.has(reason);
}

/**
 * What there is to tell of an event.
 * @param failuresInARow with this one
 * @param notifyFailures tell when so many have come in a row; 0: never
 */
export function newsOf(event: WorkerEvent, failuresInARow: number, notifyFailures: number): News | null {
  switch (event.kind) {
    case 'saved':
      return storyNews(event);
    case 'failed':
      return failuresInARow !== notifyFailures
        ? null
        : {
            event: 'failures',
            message: `연속 ${formatNumber(failuresInARow)}회 소설을 얻지 못했습니다 - ${event.failure.reason}`,
          };
    case 'cap_near':
      return { event: 'cap_near', message: describeNearCap(event.hit) };
    case 'paused':
      return {
        event: 'paused',
        message: `일시 정지합니다 - ${waitingLabel(event.reason)}, ${clockTime(toWholeSecond(event.until))}에 이어 갑니다`,
        reason: event.reason,
        until: new Date(event.until).toISOString(),
      };
    default:
      return null;
  }
}

function storyNews({ story, stored, costUsd }: Extract<WorkerEvent, { kind: 'saved' }>): News {
  const { title, wordCount } = story;
  return {
    event: 'story_saved',
    message: `소설 저장 - "${title}" (${formatNumber(wordCount)}자${costUsd ? `, ${formatCost(costUsd)}` : ''})`,
    story: {
      title,
      word_count: wordCount,
      cost_usd: costUsd,
      markdown_path: stored.markdownPath,
      metadata_path: stored.metadataPath,
    },
  };
}

/** @param status of the run, as this process takes it up or begins it */
export function startedNews({ run_name, resumes, stories }: Status): News {
  const how = resumes === 0 ? '실행을 시작합니다' : `실행을 이어서 합니다 - 소설 ${formatNumber(stories)}편까지`;
  return { event: 'run_started', message: `${how} (${run_name})` };
}

export function heartbeatNews({ stories }: Status): News {
  return { event: 'heartbeat', message: `잘 돌고 있습니다 - 소설 ${formatNumber(stories)}편` };
}

/** @param status null when the run could not even begin */
export function endedNews(end: StatusEnd, status: Status | null): News {
  const { reason, exit_code } = end;
  return { event: 'run_ended', message: describeEnded(end, status), reason, exit_code };
}

function describeEnded({ over, message }: StatusEnd, status: Status | null): string {
  const what = `${over ? '실행이 끝났습니다' : '실행이 중단되었습니다'} - ${message}`;
  if (status === null) return what;
  const { stories, tokens, cost_usd } = status;
  const cost = cost_usd === null || cost_usd === 0 ? '' : `, 비용 ${formatCost(cost_usd)}`;
  return `${what}. 소설 ${formatNumber(stories)}편, 토큰 ${formatNumber(tokens.total_tokens)}${cost}`;
}
