import { endsRun, type Failure } from '../api/failure.js';
import { type BackoffOptions, backoff } from '../lib/backoff.js';
import { type Clock, SECOND } from '../lib/clock.js';
import { formatCost, formatNumber, formatPercent } from '../lib/format-number.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { Random } from '../lib/random.js';
import type { Logger } from '../logging/logger.js';
import { type CapHit, type Caps, nearCaps } from '../run/budget.js';
import type { EndReason, Limits, Waiting } from '../run/end-reason.js';
import { afterWaitLabel } from '../run/labels.js';
import type { RunState } from '../run/run-state.js';
import { toSimilarityFields } from '../run/statistics.js';
import { SIMILAR } from '../story/similarity.js';
import type { Attempt, AttemptOutcome, SavedStory } from './attempt.js';

/** What the loop tells, as it happens. An outcome is in the run's state by then. */
export type WorkerEvent =
  | { kind: 'writing' }
  | AttemptOutcome
  | { kind: 'cap_near'; hit: CapHit }
  /** Until when, milliseconds since the epoch; the deadline at the latest. */
  | { kind: 'waiting'; for: Waiting; until: number };

export interface LoopDeps {
  limits: Limits;
  caps: Caps;
  retry: BackoffOptions;
  /** When the run first started, milliseconds since the epoch. */
  startedAt: number;
  /** The run so far; every attempt changes it. */
  state: () => RunState;
  attempt: Attempt;
  /** Told of every change; must return at once and never throw. */
  onEvent: (change: WorkerEvent) => void;
  clock: Clock;
  random: Random;
  log: Logger;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

/**
 * The loop: one story after another until a limit, a signal, or a failure that only a person can mend. Never exits the
 * process, and rejects only on a defect of its own.
 */
export async function runLoop(deps: LoopDeps): Promise<EndReason> {
  const { limits, caps, retry, startedAt, state, attempt, onEvent, clock, random, log, stopping, aborting } = deps;
  const deadline = limits.durationMs === null ? null : startedAt + limits.durationMs;
  const warned = new Set<CapHit['cap']>();
  // A run of failures is one of this process: whoever starts the worker again wants it tried again.
  let failuresInARow = 0;
  let during: Waiting | null = null;
  for (;;) {
    const due = dueEnd();
    if (due !== null) return due;
    during = null;
    onEvent({ kind: 'writing' });
    const outcome = await attempt(state().failuresInARow + 1);
    onEvent(outcome);
    if (outcome.kind === 'capped') return { kind: 'cap', hit: outcome.hit };
    failuresInARow = outcome.kind === 'failed' ? failuresInARow + 1 : 0;
    announce(outcome);
    warnOfCaps();
    if (outcome.kind === 'failed' && endsRun(outcome.failure.kind))
      return { kind: 'refused', failure: outcome.failure };
    const over = dueEnd();
    if (over !== null) return over;
    if (failuresInARow > 0 && failuresInARow === limits.maxConsecutiveFailures) {
      return { kind: 'exhausted', failures: failuresInARow };
    }
    await wait(pauseAfter(outcome), outcome.kind === 'failed');
  }

  /** The end that is due before the next story, if any; a signal goes before a limit. */
  function dueEnd(): EndReason | null {
    if (aborting.aborted) return { kind: 'aborted', source: String(aborting.reason) };
    if (stopping.aborted) return { kind: 'signal', source: String(stopping.reason), during };
    if (limits.maxStories !== null && state().statistics.stories >= limits.maxStories) return { kind: 'count' };
    if (deadline !== null && clock.now() >= deadline) return { kind: 'duration', during };
    return null;
  }

  function pauseAfter(outcome: AttemptOutcome): number {
    if (outcome.kind === 'failed') {
      // A retry-after of 0 asks for nothing, and must not make a loop without a pause.
      return outcome.failure.retryAfterMs || backoff(failuresInARow, retry, random);
    }
    const slowUntil = outcome.kind === 'saved' ? outcome.slowUntil : null;
    return Math.max(limits.intervalMs, slowUntil === null ? 0 : slowUntil - clock.now());
  }

  /** Waits `pause` milliseconds, to the deadline, or to a signal, whichever is first. */
  async function wait(pause: number, isBackoff: boolean): Promise<void> {
    if (pause <= 0) return;
    const from = clock.now();
    const cut = deadline !== null && from + pause >= deadline;
    const until = cut ? deadline : from + pause;
    const reason = isBackoff ? 'retry' : pause > limits.intervalMs ? 'rate_limit' : 'interval';
    during = reason;
    log.info(
      { event: 'waiting', for: reason, seconds: pause / SECOND, until: new Date(until).toISOString() },
      cut
        ? `${clockTime(until)}에 실행 시간이 끝나므로, 새 소설 없이 ${formatDuration(until - from)} 뒤 종료합니다`
        : `${clockTime(until)}에 ${afterWaitLabel(reason)} (${formatDuration(pause)} 뒤)`,
    );
    onEvent({ kind: 'waiting', for: reason, until });
    if (!cut) return void (await clock.sleep(pause, stopping));
    // The deadline is one of the wall clock, which may be set while we sleep.
    while (!stopping.aborted && clock.now() < until) await clock.sleep(until - clock.now(), stopping);
  }

  function announce(outcome: AttemptOutcome): void {
    if (outcome.kind === 'saved') announceStory(outcome, state(), log);
    if (outcome.kind === 'failed') announceFailure(outcome.failure, failuresInARow, log);
  }

  /** Once a cap. */
  function warnOfCaps(): void {
    for (const hit of nearCaps(caps, state())) {
      if (warned.has(hit.cap)) continue;
      warned.add(hit.cap);
      log.warn({ event: 'cap_near', ...hit }, describeNearCap(hit));
      onEvent({ kind: 'cap_near', hit });
    }
  }
}

/** In Korean. */
export function describeNearCap({ cap, used, limit }: CapHit): string {
  const [what, show] = cap === 'tokens' ? (['토큰', formatNumber] as const) : (['비용', formatCost] as const);
  return `${what} 상한의 80%를 넘었습니다 (${show(used)} / ${show(limit)})`;
}

function announceStory(saved: SavedStory, state: RunState, log: Logger): void {
  const { story, stored, usage, costUsd, generationMs, nearest } = saved;
  const { stories, tokens } = state.statistics;
  const used = usage === null ? '토큰 사용량 모름' : `토큰 ${formatNumber(usage.total_tokens)}`;
  // The offline author costs nothing, which is not worth a word.
  const cost = !costUsd ? '' : `, ${formatCost(costUsd)}`;
  const facts = `${formatNumber(story.wordCount)}자, ${formatDuration(generationMs)}, ${used}${cost}`;
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
      ...(nearest === null ? {} : toSimilarityFields(nearest)),
    },
    `${stories}번째 소설 저장 - "${story.title}" (${facts}) → ${stored.name}.md`,
  );
  if (nearest !== null && nearest.score > SIMILAR) {
    log.warn(
      { event: 'story_alike', ...toSimilarityFields(nearest) },
      `앞선 소설과 닮았습니다 (${formatPercent(nearest.score)}): ${nearest.name}`,
    );
  }
}

function announceFailure({ kind, code, reason, advice, retryAfterMs }: Failure, inARow: number, log: Logger): void {
  const fields = { event: 'attempt_failed', kind, code, in_a_row: inARow, retry_after_ms: retryAfterMs };
  const message = `소설을 얻지 못했습니다 - ${reason}${advice === null ? '' : `. ${advice}`}`;
  if (endsRun(kind)) log.error(fields, message);
  else log.warn(fields, `${message} (연속 ${inARow}회)`);
}
