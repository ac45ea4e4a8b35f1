import { toUsage } from '../../../api/usage.js';
import type { AnswerKind } from '../../../chaos/answers.js';
import { MODELS } from '../../../chaos/month/month-api.js';
import type { MonthObservations } from '../../../chaos/month/month-checks.js';
import {
  BEFORE_NIGHT,
  type MonthEventKind,
  type MonthPlan,
  NIGHT,
  nextHour,
  planMonth,
} from '../../../chaos/month/month-plan.js';
import type { LedgerRecord, PauseReason } from '../../../run/ledger-records.js';
import { attempt, DEAD, failure, story } from '../records.js';

// A rehearsed month as it goes when all is well, made in an instant.

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
/** How long a call takes in a rehearsal. */
const CALL = 20;
/** More than the six stories of a morning, and less than all of a day. */
const A_DAY = 7;

export interface MadeMonth {
  observations: MonthObservations;
  records: LedgerRecord[];
}

export function madeMonth(seed = 1): MadeMonth {
  const plan = planMonth(new Date(2026, 10, 29, 12).getTime(), 12, seed);
  return new MonthMaker(plan).make();
}

class MonthMaker {
  readonly #plan: MonthPlan;
  readonly #records: LedgerRecord[] = [];
  readonly #calls: MonthObservations['calls'][number][] = [];
  readonly #models: string[] = [];
  readonly #left: MonthPlan['events'][number][];
  #stop: MonthObservations['stop'] = null;
  #epoch = 1;
  #at: number;
  #stories: number[] = [];

  constructor(plan: MonthPlan) {
    this.#plan = plan;
    this.#left = [...plan.events];
    this.#at = plan.start + 500;
  }

  make(): MadeMonth {
    const { start, end } = this.#plan;
    const owner = DEAD;
    this.#records.push({ type: 'begin', at: start + 400, run_id: 'r', run_name: 'm', owner, new_run_token: null });
    while (this.#at < end) this.#step();
    this.#records.push({ type: 'end', at: end + 500, reason: 'duration', over: true });
    const app = { pid: 0, status: 'stopped', restarts: 8, memoryLimit: null, exitCode: 10 };
    return {
      observations: {
        ...{ plan: this.#plan, calls: this.#calls, batches: [], kills: [], models: this.#models, left: [] },
        ...{ stop: this.#stop, app, workersLeft: [], mostWorkers: 1, storiesWatched: this.#stories.length },
      },
      records: this.#records,
    };
  }

  #step(): void {
    const hour = new Date(this.#at).getHours();
    const today = new Date(this.#at).toDateString();
    const written = this.#stories.filter((at) => new Date(at).toDateString() === today).length;
    const [event] = this.#left;
    const isDue = event !== undefined && event.at <= this.#at && event.kind !== 'crashes';
    if (written >= A_DAY) this.#pause('daily_cap', nextHour(0, this.#at));
    else if (hour >= NIGHT.to && hour < NIGHT.from) this.#passDay(nextHour(NIGHT.from, this.#at));
    else if (isDue) this.#meet(event.kind);
    else this.#write(MODELS[0]);
  }

  /** What the calls of an event come to. */
  #meet(kind: MonthEventKind): void {
    this.#left.shift();
    for (let n = 0; kind === 'overload' && n < 3; n++) this.#refuse('overload');
    if (kind === 'overload') {
      this.#at += 10_000;
      this.#write(MODELS[1]);
    } else this.#refuse('spend_limit');
    if (kind === 'limit_that_ends') this.#endAtLimit();
    if (kind === 'limit_with_reset') this.#pause('spend_limit', this.#plan.resetsAt);
    if (kind !== 'limit_without_reset') return;
    this.#pause('spend_limit', this.#at + HOUR);
    this.#refuse('spend_limit');
    this.#pause('spend_limit', this.#at + HOUR);
  }

  #passDay(until: number): void {
    const [event] = this.#left;
    if (event?.kind === 'crashes' && event.at <= until) {
      this.#left.shift();
      this.#records.push({ type: 'pause', at: this.#at, phase: 'begin', reason: 'inactive_hours', until });
      this.#at = until - BEFORE_NIGHT;
      this.#claim();
      this.#pause('crash_loop', this.#at + 4 * MINUTE);
    } else this.#pause('inactive_hours', until);
  }

  #claim(): void {
    this.#epoch += 1;
    this.#records.push({ type: 'claim', at: this.#at, epoch: this.#epoch, owner: DEAD, purpose: 'resume' });
  }

  #pause(reason: PauseReason, until: number): void {
    this.#records.push({ type: 'pause', at: this.#at, phase: 'begin', reason, until });
    this.#at = Math.min(until, this.#plan.end);
    if (this.#at < this.#plan.end) this.#records.push({ type: 'pause', at: this.#at, phase: 'end', reason });
  }

  #endAtLimit(): void {
    this.#records.push({ type: 'end', at: this.#at, reason: 'refused', over: false });
    const [from, to] = [this.#at + 500, nextHour(9, this.#at)];
    const app = { pid: 0, status: 'stopped', restarts: 8, memoryLimit: null, exitCode: 78 };
    this.#stop = { from, to, app };
    this.#at = to + 500;
    this.#claim();
  }

  #write(model: string): void {
    this.#call('story', model);
    this.#stories.push(this.#at);
    this.#records.push(story({ at: this.#at, name: `s${this.#stories.length}`, generation_ms: CALL }));
    this.#at += HOUR;
  }

  #refuse(kind: AnswerKind): void {
    this.#call(kind, MODELS[0]);
    this.#records.push(failure({ at: this.#at }));
    this.#at += kind === 'overload' ? 5000 : 1;
  }

  #call(kind: AnswerKind, model: string): void {
    const index = this.#calls.length;
    this.#records.push(attempt({ at: this.#at, number: index + 1 }));
    this.#models.push(model);
    const at = this.#at;
    this.#at += CALL;
    this.#calls.push({
      ...{
        index,
        at,
        kind,
        whole: '',
        full: '',
        breaksAfter: null,
        text: null,
        destination: null,
        usage: toUsage(0, 0),
      },
      ...{ billedTokens: 0, retryAfterMs: null, customId: null, pid: null, premise: {}, continues: null },
      ...{ endedAt: this.#at, sent: true, killed: false },
    });
  }
}
