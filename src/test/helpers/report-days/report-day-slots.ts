import type { LedgerRecord } from '../../../run/ledger.js';
import type { StoryFiles } from '../../../store/story-metadata.js';

// Days whose stories are written side by side.

/**
 * Puts the records of several slots in the order of their times. Calls get their numbers, and stories their sequence, in
 * that order.
 * @param made with the numbers of calls that came before, and of stories
 */
export function interleave(
  made: readonly LedgerRecord[],
  { firstCall, firstStory, stories }: { firstCall: number; firstStory: number; stories: Map<string, StoryFiles> },
): LedgerRecord[] {
  const inOrder = [...made].sort((a, b) => a.at - b.at);
  const calls = inOrder.flatMap((record) => (record.type === 'attempt' ? [record.number] : []));
  const numbers = new Map(calls.map((number, index) => [number, firstCall + 1 + index]));
  const renumbered = (number: number | null | undefined) => numbers.get(number ?? 0) ?? 0;
  let sequence = firstStory;
  return inOrder.map((record) => {
    if (record.type === 'attempt') return { ...record, number: renumbered(record.number) };
    if (record.type !== 'outcome') return record;
    const attempt = renumbered(record.attempt);
    const files = record.kind === 'story' ? stories.get(record.name) : undefined;
    if (files !== undefined) Object.assign(files.metadata, { sequence: ++sequence, call_number: attempt });
    return { ...record, attempt };
  });
}
