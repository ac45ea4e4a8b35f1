import type { Failure } from '../../api/failure.js';
import { SECOND } from '../../lib/clock.js';
import { formatCost, formatNumber, formatPercent } from '../../lib/format-number.js';
import { formatDuration } from '../../lib/format-time.js';
import type { Logger } from '../../logging/logger.js';
import type { CapHit } from '../../run/budget.js';
import type { RunState } from '../../run/run-state.js';
import { toSimilarityFields } from '../../run/statistics.js';
import { SIMILAR } from '../../story/similarity.js';
import type { SavedStory } from './outcome.js';

// The records of what came of an attempt.

/** @param state the run, the story included */
export function announceStory(saved: SavedStory, state: RunState, log: Logger): void {
  const { story, stored, usage, costUsd, generationMs, nearest, doubts } = saved;
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
      ...(doubts.length === 0 ? {} : { doubts: doubts.map(({ code }) => code) }),
    },
    `${stories}번째 소설 저장 - "${story.title}" (${facts}) → ${stored.name}.md`,
  );
  if (doubts.length > 0) {
    log.warn(
      { event: 'story_doubtful', file: `${stored.name}.md`, doubts },
      `저장한 소설을 한번 확인하세요: ${doubts.map(({ reason }) => reason).join('; ')}`,
    );
  }
  if (nearest !== null && nearest.score > SIMILAR) {
    log.warn(
      { event: 'story_alike', ...toSimilarityFields(nearest) },
      `앞선 소설과 닮았습니다 (${formatPercent(nearest.score)}): ${nearest.name}`,
    );
  }
}

/** @param inARow how many failures in a row this one makes; `isFinal`: it ends the run */
export function announceFailure(
  { kind, code, reason, advice, retryAfterMs }: Failure,
  { inARow, isFinal }: { inARow: number; isFinal: boolean },
  log: Logger,
): void {
  const fields = { event: 'attempt_failed', kind, code, in_a_row: inARow, retry_after_ms: retryAfterMs };
  const message = `소설을 얻지 못했습니다 - ${reason}${advice === null ? '' : `. ${advice}`}`;
  if (isFinal) log.error(fields, message);
  else log.warn(fields, `${message} (연속 ${inARow}회)`);
}

/** In Korean. */
export function describeNearCap({ cap, used, limit }: CapHit): string {
  const [what, show] = cap === 'tokens' ? (['토큰', formatNumber] as const) : (['비용', formatCost] as const);
  return `${what} 상한의 80%를 넘었습니다 (${show(used)} / ${show(limit)})`;
}
