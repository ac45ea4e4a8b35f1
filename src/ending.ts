import type { Limits } from './config.js';
import { formatNumber } from './statistics.js';
import { formatDuration } from './time.js';
import type { EndReason } from './worker.js';

/** The exit codes that scripts and pm2 hold on to. */
export const ExitCode = {
  failed: 1,
  usage: 2,
  refused: 78,
  aborted: 130,
} as const;

/** Why a run ended: what the worker says, or a defect that nobody caught. */
export type RunEnd = EndReason | { kind: 'uncaught'; error: unknown };

/** @param completed the code for a run that ended as asked */
export function exitCodeOf(end: RunEnd, completed: number): number {
  switch (end.kind) {
    case 'duration':
    case 'count':
    case 'signal':
      return completed;
    case 'aborted':
      return ExitCode.aborted;
    case 'refused':
      return ExitCode.refused;
    case 'exhausted':
    case 'uncaught':
      return ExitCode.failed;
  }
}

/** The reason in Korean. The words for limits and signals are ones that users' scripts look for. */
export function describeEnd(end: RunEnd, limits: Limits): string {
  switch (end.kind) {
    case 'duration':
      return `실행 시간 제한 도달 (${formatDuration(limits.durationMs ?? 0)})`;
    case 'count':
      return `생성 개수 제한 도달 (${formatNumber(limits.maxStories ?? 0)}편)`;
    case 'signal':
      return `${end.source} 수신`;
    case 'aborted':
      return `${end.source} 두 번째 수신 - 강제 종료`;
    case 'refused':
      return `${end.failure.reason}${end.failure.advice === null ? '' : `. ${end.failure.advice}`}`;
    case 'exhausted':
      return `연속 ${formatNumber(end.failures)}회 실패`;
    case 'uncaught':
      return `예상하지 못한 문제: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
  }
}
