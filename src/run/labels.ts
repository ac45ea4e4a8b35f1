import { formatCost, formatNumber } from '../lib/format-number.js';
import { formatDuration } from '../lib/format-time.js';
import type { Limits, PauseReason, RunEnd, Waiting } from './end-reason.js';

// The Korean wording of why a run ended and what it waits for: one for the log, the status and the report.

/** Why a process let go of its run: its own reasons, and two that others find in the ledger. */
export type EndLabel = RunEnd['kind'] | 'killed' | 'recovered';

/** Users' scripts look for the words of the first two. */
const END_LABELS: Record<EndLabel, string> = {
  duration: '실행 시간 제한 도달',
  count: '생성 개수 제한 도달',
  cap: '토큰이나 비용의 상한 도달',
  signal: '종료 신호 수신',
  aborted: '두 번째 종료 신호 수신 - 강제 종료',
  refused: 'API의 거부',
  exhausted: '연속 실패',
  rejected: '소설이 되지 못한 답의 연속',
  uncaught: '예상하지 못한 문제',
  killed: '끝났다는 기록 없이 끊김 (강제 종료, 메모리 부족, 전원 등)',
  recovered: '남은 파일 정리를 마침',
};

/** @param reason as a ledger or a status file says; another version may know more of them */
export function endLabel(reason: string): string {
  return Object.hasOwn(END_LABELS, reason) ? END_LABELS[reason as EndLabel] : reason;
}

interface WaitLabel {
  /** The object of "기다리다". */
  object: string;
  /** What happens when the wait is over, as a sentence without its full stop. */
  next: string;
}

const WAIT_LABELS: Record<Waiting, WaitLabel> = {
  retry: { object: '다시 시도하기를', next: '다시 시도합니다' },
  interval: { object: '다음 소설을', next: '다음 소설을 시작합니다' },
  daily_cap: { object: '하루 상한이 새로 시작되기를', next: '하루 상한이 새로 시작되므로 이어서 합니다' },
  inactive_hours: { object: '정한 시간대를', next: '정한 시간대가 되므로 이어서 합니다' },
  spend_limit: { object: 'API의 지출 한도가 풀리기를', next: 'API의 지출 한도를 다시 확인합니다' },
  crash_loop: { object: '되풀이된 비정상 종료 뒤의 재시작을', next: '다시 시작합니다' },
  batch: { object: '배치의 결과를', next: '배치의 상태를 다시 묻습니다' },
  rate_limit: {
    object: 'API의 요청 한도가 회복되기를',
    next: 'API의 요청 한도가 회복되므로 그때 다음 소설을 시작합니다',
  },
};

const PAUSE_LABELS: Record<PauseReason, string> = {
  daily_cap: '하루 상한',
  inactive_hours: '정한 시간대 밖',
  spend_limit: 'API의 지출 한도',
  crash_loop: '되풀이된 비정상 종료',
};

/** The reasons for pauses, in the order in which they are listed. */
export const PAUSE_REASONS = Object.keys(PAUSE_LABELS) as PauseReason[];

/** `하루 상한`: what a pause is for. */
export function pauseLabel(reason: PauseReason): string {
  // A ledger of a later version may have others.
  return PAUSE_LABELS[reason] ?? reason;
}

/** `다음 소설을 기다리는 중`. */
export function waitingLabel(waiting: Waiting): string {
  return `${WAIT_LABELS[waiting].object} 기다리는 중`;
}

/** `다음 소설을 기다리던 중`: of a wait that something cut short. */
export function interruptedWaitLabel(waiting: Waiting): string {
  return `${WAIT_LABELS[waiting].object} 기다리던 중`;
}

/** What happens after the wait: `다음 소설을 시작합니다`. */
export function afterWaitLabel(waiting: Waiting): string {
  return WAIT_LABELS[waiting].next;
}

/** Why this process let go of its run, in detail. Users' scripts look for the words of limits and signals. */
export function describeEnd(end: RunEnd, limits: Limits): string {
  switch (end.kind) {
    case 'duration':
      return `${endLabel(end.kind)} (${formatDuration(limits.durationMs ?? 0)})${waited(end.during)}`;
    case 'count':
      return `${endLabel(end.kind)} (${formatNumber(limits.maxStories ?? 0)}편)`;
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
    case 'rejected': {
      const codes = Object.entries(end.codes).map(([code, count]) => `${code} ${formatNumber(count)}`);
      return `값을 치른 답이 연속 ${formatNumber(end.count)}번 소설이 되지 못했습니다 (${codes.join(', ')}). ${end.advice}`;
    }
    case 'exhausted':
      return `연속 ${formatNumber(end.failures)}회 실패`;
    case 'uncaught':
      return `${endLabel(end.kind)}: ${end.error instanceof Error ? end.error.message : String(end.error)}`;
  }
}

function waited(during: Waiting | null): string {
  return during === null ? '' : ` - ${interruptedWaitLabel(during)}`;
}
