import { systemClock } from '../lib/clock.js';
import { ExitCode } from '../lib/errors.js';
import type { Logger } from '../logging/logger.js';
import type { Terminal } from '../logging/terminal.js';
import type { StatusEnd } from '../observe/status.js';
import { exitCodeOf, isOver, type Limits, type RunEnd } from '../run/end-reason.js';
import { describeEnd } from '../run/labels.js';
import type { EndRecord } from '../run/ledger.js';
import type { Run } from '../run/run.js';
import { applyRecord, INITIAL_RUN_STATE } from '../run/run-state.js';
import { toFields, toLines } from '../run/statistics.js';

/** How long a reader of standard output may take for the last lines, in milliseconds; less when forced to end. */
const FLUSH = 1000;
const FLUSH_FORCED = 50;

export interface FinishOptions {
  log: Logger;
  terminal: Terminal;
  limits: Limits;
  /** The exit code of a run that ended as asked. */
  completed: number;
  /** When the process started, for a run that never began. */
  startedAt: number;
  run: () => Run | null;
  /** Tidies up after the run. */
  closeStaging: () => Promise<void>;
  /** Tells whoever asked to know. Never rejects. */
  ended: (end: StatusEnd) => Promise<void>;
}

/**
 * What every end comes to: the statistics as the last line of the log, the ledger told, then whoever asked to know, the
 * exit code.
 *
 * The ledger last: a process that is killed in between is taken up again, finds nothing to do and says its statistics
 * once more. The other way round the run would be over without a word, and the next start would begin another.
 */
export function createRunFinisher({
  log,
  terminal,
  limits,
  completed,
  startedAt,
  run,
  closeStaging,
  ended,
}: FinishOptions) {
  let finishing: Promise<never> | null = null;
  return (end: RunEnd): Promise<never> => {
    // A defect that shows only meanwhile makes no second end of the first.
    finishing ??= finishOnce(end).catch(() => process.exit(ExitCode.failed));
    return finishing;
  };

  async function finishOnce(end: RunEnd): Promise<never> {
    const current = run();
    const over = isOver(end);
    const exitCode = exitCodeOf(end, completed);
    const batches = current?.state().batches.length ?? 0;
    const record: EndRecord = {
      type: 'end',
      at: systemClock.now(),
      reason: end.kind,
      over,
      ...(batches === 0 ? {} : { batches }),
    };
    await closeStaging().catch((error: unknown) => {
      log.debug({ event: 'staging_kept', err: error }, '빈 작업 폴더를 지우지 못했습니다');
    });
    const { statistics, resumes } = current === null ? INITIAL_RUN_STATE : applyRecord(current.state(), record);
    const runtimeMs = systemClock.now() - (current?.startedAt ?? startedAt);
    const message = describeEnd(end, limits);
    const lines = toLines(statistics, runtimeMs, message, { over, resumes });
    log.summary(
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
    if (current !== null) await recordEnd(current, record, end.kind === 'aborted' ? 1 : TRIES);
    await ended({ reason: end.kind, message, over, exit_code: exitCode });
    // Under pm2 the channel to the daemon would keep the process alive.
    process.exit(exitCode);
  }
}

/** How often, and how far apart in milliseconds, the end is tried to be recorded. */
const TRIES = 3;
const BETWEEN_TRIES = 200;

/** A run whose end is not in its ledger is taken up again, and then ends at once. */
async function recordEnd(run: Run, record: EndRecord, tries: number): Promise<void> {
  try {
    await run.record(record);
  } catch (error) {
    if (tries > 1) {
      await systemClock.sleep(BETWEEN_TRIES, new AbortController().signal);
      return recordEnd(run, record, tries - 1);
    }
    // The log is closed: its last line is the statistics.
    process.stderr.write(`실행이 끝난 것을 장부에 적지 못했습니다: ${(error as Error).message}\n`);
  }
}
