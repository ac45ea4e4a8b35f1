import type { PauseReason } from '../../run/end-reason.js';
import { PAUSE_REASONS } from '../../run/labels.js';
import type { Segment } from './timeline.js';

/** The pauses for one reason. */
export interface PauseUse {
  reason: PauseReason;
  times: number;
  /** Milliseconds. */
  ms: number;
}

/** The pauses among segments of time, by reason. Pure. */
export function pausesOf(segments: readonly Segment[]): PauseUse[] {
  const pauses = segments.filter(({ kind }) => kind === 'pause');
  return PAUSE_REASONS.flatMap((reason) => {
    const mine = pauses.filter(({ pause }) => pause === reason);
    const ms = mine.reduce((sum, { from, to }) => sum + to - from, 0);
    return mine.length === 0 ? [] : [{ reason, times: mine.length, ms }];
  });
}
