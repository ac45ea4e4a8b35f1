import type { Limits } from './config.js';
import { describeEnd, exitCodeOf, isOver, type RunEnd } from './ending.js';
import type { Log } from './log.js';
import type { Run } from './run.js';
import { NEW_RUN } from './run-state.js';
import { toFields, toLines } from './statistics.js';
import type { Terminal } from './terminal.js';
import { systemClock } from './time.js';

/** How long a reader of standard output may take for the last lines, in milliseconds; less when forced to end. */
const FLUSH = 1000;
const FLUSH_FORCED = 50;

export interface FinishOptions {
  log: Log;
  terminal: Terminal;
  limits: Limits;
  /** The exit code of a run that ended as asked. */
  completed: number;
  /** When the process started, for a run that never began. */
  startedAt: number;
  run: () => Run | null;
  /** Tidies up after the run. */
  closeStaging: () => Promise<void>;
}

/** What every end comes to: the ledger told, the statistics as the last line of the log, the exit code. */
export function finisher({ log, terminal, limits, completed, startedAt, run, closeStaging }: FinishOptions) {
  return async (end: RunEnd): Promise<never> => {
    const current = run();
    const over = isOver(end);
    if (current !== null) await recordEnd(current, end, log);
    await closeStaging().catch((error: unknown) => {
      log.debug({ event: 'staging_kept', err: error }, '빈 작업 폴더를 지우지 못했습니다');
    });
    const { statistics, resumes } = current?.state() ?? NEW_RUN;
    const runtimeMs = systemClock.now() - (current?.startedAt ?? startedAt);
    const exitCode = exitCodeOf(end, completed);
    const lines = toLines(statistics, runtimeMs, describeEnd(end, limits), { over, resumes });
    log.always(
      {
        event: 'run_finished',
        reason: end.kind,
        waiting_for: 'during' in end ? end.during : null,
        over,
        resumes,
        exit_code: exitCode,
        ...toFields(statistics, runtimeMs),
      },
      ['실행 완료 - 최종 통계', ...lines].join('\n  '),
    );
    // The record above is the last line, whatever still happens.
    log.close();
    await terminal.flush(end.kind === 'aborted' ? FLUSH_FORCED : FLUSH);
    // Under pm2 the channel to the daemon would keep the process alive.
    process.exit(exitCode);
  };
}

/** How often, and how far apart in milliseconds, the end is tried to be recorded; once when forced. */
const TRIES = 3;
const BETWEEN_TRIES = 200;

/** A run whose end is not in its ledger would be taken up again. */
async function recordEnd(run: Run, end: RunEnd, log: Log): Promise<void> {
  for (let tries = end.kind === 'aborted' ? TRIES : 1; ; tries++) {
    try {
      return await run.record({ type: 'end', at: systemClock.now(), reason: end.kind, over: isOver(end) });
    } catch (error) {
      log.warn({ event: 'ledger_unwritable', err: error }, '실행이 끝난 것을 장부에 적지 못했습니다');
      if (tries >= TRIES) return;
      await systemClock.sleep(BETWEEN_TRIES, NEVER);
    }
  }
}

const NEVER = new AbortController().signal;
