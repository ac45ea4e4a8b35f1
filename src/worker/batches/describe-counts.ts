import type { BatchCounts } from '../../api/batches/batch-client.js';
import { formatNumber } from '../../lib/format-number.js';

/** In Korean: `처리 중 12, 완료 30`; states without a request are left out. */
export function describeCounts(counts: BatchCounts): string {
  const names: Record<keyof BatchCounts, string> = {
    processing: '처리 중',
    succeeded: '완료',
    errored: '오류',
    canceled: '취소',
    expired: '만료',
  };
  const entries = Object.entries(names) as [keyof BatchCounts, string][];
  const told = entries
    .filter(([state]) => counts[state] > 0)
    .map(([state, name]) => `${name} ${formatNumber(counts[state])}`);
  return told.length === 0 ? '요청 없음' : told.join(', ');
}

/**
 * The same as fields of the log. Not under the vendor's names: `errored`, even of no request, would match the search for
 * crashes that the log of a clean run must not match.
 */
export function countFields({ errored, ...counts }: BatchCounts): Record<string, number> {
  return { ...counts, failed: errored };
}
