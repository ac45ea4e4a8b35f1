import { loadConfig, type RawValues } from '../../config/load.js';
import { SECOND } from '../../lib/clock.js';
import { exitCodeOf, type RunEnd } from '../../run/end-reason.js';
import type { AttemptRecord, EndRecord, LedgerRecord, OutcomeRecord } from '../../run/ledger.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';
import { toFields, toLines } from '../../run/statistics.js';

// The log that goes with a ledger, made in an instant. A process test holds the real worker's log against the same checks.

type Fields = Record<string, unknown>;

/** How many records after an outcome the next call of its slot may come. */
const LOOK_AHEAD = 20;

/** How long after a record of the ledger the log tells of it, in milliseconds. */
const AFTER = 5;

/**
 * The records that a worker at level info logs while it writes these of its ledger, in order.
 * @param settings the worker's settings, as its flags
 */
export function logOf(records: readonly LedgerRecord[], settings: RawValues = {}): Fields[] {
  return new LogMaker(settings).follow(records);
}

class LogMaker {
  readonly #log: Fields[] = [];
  readonly #config;
  #state: RunState = INITIAL_RUN_STATE;
  #runId = '';
  #startedAt = 0;
  #pid = 0;
  /** Open calls by number. */
  readonly #calls = new Map<number, AttemptRecord>();

  constructor(settings: RawValues) {
    this.#config = loadConfig({ root: '/nowhere', env: {}, flags: settings }).config;
  }

  follow(records: readonly LedgerRecord[]): Fields[] {
    for (const [index, record] of records.entries()) {
      this.#state = applyRecord(this.#state, record);
      this.#tell(record, records.slice(index + 1, index + 1 + LOOK_AHEAD));
    }
    if (records.at(-1)?.type !== 'end') this.#putInOrder();
    return this.#log;
  }

  /** Of calls side by side, each has told of its own progress. The final record is the last whatever its time. */
  #putInOrder(): void {
    const ofProcess = this.#log.splice(this.#log.findLastIndex(({ event }) => event === 'run_finished') + 1);
    this.#log.push(...ofProcess.sort((a, b) => String(a.time).localeCompare(String(b.time))));
  }

  #tell(record: LedgerRecord, next: readonly LedgerRecord[]): void {
    switch (record.type) {
      case 'begin':
        this.#startedAt = record.at;
        this.#start(record.at, record.owner.pid, 'run_begun');
        this.#runId = record.run_id;
        break;
      case 'claim':
        this.#start(record.at, record.owner.pid, 'run_resumed');
        break;
      case 'attempt':
        this.#calls.set(record.number, record);
        if (record.batch !== undefined) break;
        this.#add(record.at, record.continues === undefined ? 'story_started' : 'continuing', this.#sequence(1));
        break;
      case 'outcome':
        this.#outcome(record);
        this.#wait(record, next);
        break;
      case 'batch':
        if (record.phase === 'created') this.#add(record.at, 'batch_created', { batch: record.id });
        if (record.phase === 'closed') this.#add(record.at, 'batch_collected', { batch: record.key });
        break;
      case 'end':
        this.#end(record);
    }
  }

  #start(at: number, pid: number, event: string): void {
    this.#pid = pid;
    const runId = this.#runId;
    this.#runId = '';
    const { provider, model } = { provider: 'anthropic', model: this.#config.model };
    this.#add(at - AFTER, 'worker_started', { provider, model, terminal: false, settings: this.#config, sources: {} });
    this.#add(at, 'author_chosen', { provider, model });
    this.#add(at, event, { msg: '' });
    this.#runId = runId;
  }

  #outcome(record: OutcomeRecord): void {
    const call = this.#calls.get(record.attempt ?? [...this.#calls.keys()].at(-1) ?? 0);
    const from = call === undefined || call.batch !== undefined ? record.at : call.at;
    if (call !== undefined) this.#calls.delete(call.number);
    const heartbeat = this.#config.heartbeatSeconds * SECOND;
    const sequence = this.#sequence(record.kind === 'story' ? 0 : 1);
    for (let at = from + heartbeat; at < record.at; at += heartbeat) {
      this.#add(at, 'progress', {
        ...sequence,
        characters: Math.round((at - from) / 30),
        seconds: (at - from) / SECOND,
      });
    }
    if (record.kind === 'story') {
      const { name, usage, cost_usd } = record;
      if (usage === null) this.#add(record.at, 'usage_missing', { ...sequence, msg: '토큰 사용량 정보 없음' }, 'warn');
      this.#add(record.at, 'story_saved', { ...sequence, file: `${name}.md`, title: name, usage, cost_usd });
    }
    if (record.kind === 'failure') {
      const { failure: kind, code, name } = record;
      if (name !== null) this.#add(record.at, 'set_aside', { path: `.set-aside/${name}.md`, code }, 'warn');
      this.#add(record.at, 'attempt_failed', { kind, code }, 'warn');
    }
  }

  #wait(record: OutcomeRecord, following: readonly LedgerRecord[]): void {
    const [first] = following;
    // Other slots may have something in hand: their outcomes come before the next call of this one.
    const next = this.#calls.size === 0 ? first : following.find(({ type }) => type === 'attempt');
    if (next?.type !== 'attempt' || next.continues !== undefined || next.at <= record.at) return;
    const reason = record.kind === 'story' ? 'interval' : 'retry';
    this.#add(record.at, 'waiting', { for: reason, seconds: (next.at - record.at) / SECOND });
  }

  #end({ at, reason, over }: EndRecord): void {
    this.#putInOrder();
    if (reason === 'signal') {
      this.#add(at - AFTER, 'stop_requested', { source: 'SIGINT', msg: 'SIGINT 수신 - 현재 작업 완료 후 종료합니다' });
    }
    const { statistics, resumes } = this.#state;
    const runtimeMs = at - this.#startedAt;
    const lines = toLines(statistics, runtimeMs, reason, { over, resumes });
    // The exit code follows from the reason alone.
    const end = { kind: reason } as RunEnd;
    this.#add(at - AFTER, 'run_finished', {
      ...{ reason, waiting_for: null, over, resumes, exit_code: exitCodeOf(end, this.#config.completedExitCode) },
      ...toFields(statistics, runtimeMs),
      msg: ['실행 완료 - 최종 통계', ...lines].join('\n  '),
    });
  }

  #sequence(next: 0 | 1): { sequence: number } {
    return { sequence: this.#state.statistics.stories + next };
  }

  #add(at: number, event: string, fields: Fields, level = 'info'): void {
    const run_id = this.#runId === '' ? null : this.#runId;
    this.#log.push({ level, time: new Date(at + AFTER).toISOString(), pid: this.#pid, run_id, event, ...fields });
  }
}
