import type { Failure } from '../api/failure.js';
import { ExitCode } from '../lib/errors.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { formatDuration } from '../lib/format-time.js';
import type { CapHit } from './budget.js';

/** The limits of the loop, as the settings mean them. */
export interface Limits {
  /** null: no time limit. */
  durationMs: number | null;
  /** null: no count limit. */
  maxStories: number | null;
  intervalMs: number;
  /** null: no limit. */
  maxConsecutiveFailures: number | null;
}

/** What a wait is for. */
export type Waiting = 'retry' | 'interval' | 'rate_limit';

/** Why a run ended, and which wait was cut by that, if any. */
export type EndReason =
  | { kind: 'signal'; source: string; during: Waiting | null }
  | { kind: 'aborted'; source: string }
  | { kind: 'duration'; during: Waiting | null }
  | { kind: 'count' }
  | { kind: 'cap'; hit: CapHit }
  | { kind: 'exhausted'; failures: number }
  | { kind: 'refused'; failure: Failure };

/** Why a run ended: what the worker says, or a defect that nobody caught. */
export type RunEnd = EndReason | { kind: 'uncaught'; error: unknown };

/** @param completed the code for a run that ended as asked */
export function exitCodeOf(end: RunEnd, completed: number): number {
  switch (end.kind) {
    case 'duration':
    case 'count':
    case 'signal':
    case 'cap':
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

/** Is the run over for good? What only interrupts it can be taken up by a later start. */
export function isOver(end: RunEnd): boolean {
  return end.kind === 'duration' || end.kind === 'count' || end.kind === 'cap';
}

/** The reason in Korean. The words for limits and signals are ones that users' scripts look for. */
export function describeEnd(end: RunEnd, limits: Limits): string {
  switch (end.kind) {
    case 'duration':
      return `실행 시간 제한 도달 (${formatDuration(limits.durationMs ?? 0)})${waited(end.during)}`;
    case 'count':
      return `생성 개수 제한 도달 (${formatNumber(limits.maxStories ?? 0)}편)`;
    case 'cap': {
      const { cap, used, limit } = end.hit;
      return cap === 'tokens'
        ? `토큰 상한 도달 (${formatNumber(used)} / ${formatNumber(limit)}, 다음 호출이 넘을 수 있습니다)`
        : `비용 상한 도달 (${formatCost(used)} / ${formatCost(limit)}, 다음 호출이 넘을 수 있습니다)`;
    }
    case 'signal':
      return `${end.source} 수신${waited(end.during)}`;
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

const WAITS: Record<Waiting, string> = {
  retry: '다시 시도하기를',
  interval: '다음 소설을',
  rate_limit: 'API의 요청 한도가 차기를',
};

function waited(during: Waiting | null): string {
  return during === null ? '' : ` - ${WAITS[during]} 기다리던 중`;
}
