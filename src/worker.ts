import type { Attempt, Outcome, SavedStory } from './attempt.js';
import type { Limits } from './config.js';
import { endsRun, type Failure } from './failure.js';
import type { Log } from './log.js';
import {
  countAbandoned,
  countFailure,
  countStory,
  formatCost,
  formatNumber,
  NOTHING_YET,
  type Statistics,
} from './statistics.js';
import { type BackoffOptions, backoff, type Clock, clockTime, formatDuration, type Random, SECOND } from './time.js';

/** Why a run ended. */
export type EndReason =
  | { kind: 'signal'; source: string }
  | { kind: 'aborted'; source: string }
  | { kind: 'duration' }
  | { kind: 'count' }
  | { kind: 'exhausted'; failures: number }
  | { kind: 'refused'; failure: Failure };

export interface WorkerDeps {
  limits: Limits;
  retry: BackoffOptions;
  attempt: Attempt;
  clock: Clock;
  random: Random;
  log: Log;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

export interface Worker {
  /** Runs until something ends it. Never exits the process, and rejects only on a defect of its own. */
  run(): Promise<EndReason>;
  /** The counters at this moment, also after `run` rejected. */
  statistics(): Statistics;
}

/** The loop: one story after another until a limit, a signal or a failure that only a person can mend. */
export function createWorker({ limits, retry, attempt, clock, random, log, stopping, aborting }: WorkerDeps): Worker {
  let statistics = NOTHING_YET;
  return { run, statistics: () => statistics };

  async function run(): Promise<EndReason> {
    const deadline = limits.durationMs === null ? null : clock.now() + limits.durationMs;
    let failuresInARow = 0;
    for (;;) {
      const due = dueEnd(deadline);
      if (due !== null) return due;
      const outcome = await attempt(statistics.stories + 1, failuresInARow + 1);
      statistics = count(statistics, outcome);
      if (outcome.kind === 'saved') {
        failuresInARow = 0;
        announceStory(outcome);
      } else if (outcome.kind === 'failed') {
        failuresInARow++;
        announceFailure(outcome.failure, failuresInARow);
        if (endsRun(outcome.failure.kind)) return { kind: 'refused', failure: outcome.failure };
      }
      const over = dueEnd(deadline);
      if (over !== null) return over;
      if (failuresInARow === limits.maxConsecutiveFailures) return { kind: 'exhausted', failures: failuresInARow };
      const pause =
        outcome.kind === 'failed'
          ? (outcome.failure.retryAfterMs ?? backoff(failuresInARow, retry, random))
          : limits.intervalMs;
      await wait(pause, deadline, outcome.kind === 'failed');
    }
  }

  /** The end that is due before the next story, if any; a signal goes before a limit. */
  function dueEnd(deadline: number | null): EndReason | null {
    if (aborting.aborted) return { kind: 'aborted', source: String(aborting.reason) };
    if (stopping.aborted) return { kind: 'signal', source: String(stopping.reason) };
    if (limits.maxStories !== null && statistics.stories >= limits.maxStories) return { kind: 'count' };
    if (deadline !== null && clock.now() >= deadline) return { kind: 'duration' };
    return null;
  }

  /** Waits `pause` milliseconds, to the deadline, or to a signal, whichever is first. */
  async function wait(pause: number, deadline: number | null, isBackoff: boolean): Promise<void> {
    if (pause <= 0) return;
    const from = clock.now();
    const cut = deadline !== null && from + pause >= deadline;
    const until = cut ? deadline : from + pause;
    const what = isBackoff ? '다시 시도합니다' : '다음 소설을 시작합니다';
    log.info(
      {
        event: 'waiting',
        for: isBackoff ? 'retry' : 'interval',
        seconds: pause / SECOND,
        until: new Date(until).toISOString(),
      },
      cut
        ? `${clockTime(until)}에 실행 시간이 끝나므로, 새 소설 없이 ${formatDuration(until - from)} 뒤 종료합니다`
        : `${clockTime(until)}에 ${what} (${formatDuration(pause)} 뒤)`,
    );
    if (!cut) return void (await clock.sleep(pause, stopping));
    // The deadline is one of the wall clock, which may be set while we sleep.
    while (!stopping.aborted && clock.now() < until) await clock.sleep(until - clock.now(), stopping);
  }

  function announceStory({ story, stored, usage, costUsd, generationMs }: SavedStory): void {
    const { stories, tokens } = statistics;
    const used = usage === null ? '토큰 사용량 모름' : `토큰 ${formatNumber(usage.total_tokens)}`;
    const cost = costUsd === null ? '' : `, ${formatCost(costUsd)}`;
    log.info(
      {
        event: 'story_saved',
        sequence: stories,
        file: `${stored.name}.md`,
        title: story.title,
        characters: story.wordCount,
        generation_seconds: generationMs / SECOND,
        usage,
        cost_usd: costUsd,
        total_tokens_so_far: tokens.total_tokens,
      },
      `${stories}번째 소설 저장 - "${story.title}" (${formatNumber(story.wordCount)}자, ${formatDuration(generationMs)}, ${used}${cost}) → ${stored.name}.md`,
    );
  }

  function announceFailure({ kind, code, reason, advice, retryAfterMs }: Failure, inARow: number): void {
    const fields = { event: 'attempt_failed', kind, code, in_a_row: inARow, retry_after_ms: retryAfterMs };
    const message = `소설을 얻지 못했습니다 - ${reason}${advice === null ? '' : `. ${advice}`}`;
    if (endsRun(kind)) log.error(fields, message);
    else log.warn(fields, `${message} (연속 ${inARow}회)`);
  }
}

function count(statistics: Statistics, outcome: Outcome): Statistics {
  switch (outcome.kind) {
    case 'saved':
      return countStory(statistics, outcome);
    case 'failed':
      return countFailure(statistics, { ...outcome, kind: outcome.failure.kind, code: outcome.failure.code });
    case 'abandoned':
      return countAbandoned(statistics, outcome);
  }
}
