import type { ReceivedRequest } from '../../offline/server/reply.js';
import type { AnswerPlan } from '../answers.js';
import type { Call } from '../mock-api.js';
import { type MonthEventKind, type MonthPlan, TIMES } from './month-plan.js';

/** The model that writes, and the one that stands in for it. */
export const MODELS = ['month-first', 'month-second'] as const;

export interface MonthApiOptions {
  plan: MonthPlan;
  now: () => number;
  /** Writes a whole story for a request. */
  compose: (request: ReceivedRequest) => string;
  /** Called with each event as its first answer is given. */
  onEvent: (kind: MonthEventKind) => void;
}

/** Plans the answers of the mock API: each event at the first call from its time on, in their order. */
export function planAnswers({ plan, now, compose, onEvent }: MonthApiOptions) {
  const left = plan.events.flatMap(({ kind, at }) => (kind === 'crashes' ? [] : [{ kind, at, times: TIMES[kind] }]));
  const models: string[] = [];
  let mayEnd = false;
  return {
    /** From now on the worker ends at a limit. Until then that one does not come, however long the restart takes. */
    letEnd: () => {
      mayEnd = true;
    },
    /** The model of each request, by its index. */
    models: models as readonly string[],
    /** The events whose answers have not all been given. */
    left: () => left.filter(({ times }) => times > 0).map(({ kind }) => kind),
    answer: (request: ReceivedRequest, index: number, _cut: Call | null): AnswerPlan => {
      models[index] = request.body.model;
      const whole = { kind: 'story', whole: compose(request), share: 1, charactersPerSecond: 0 } as const;
      const due = left.find(
        ({ kind, at, times }) => times > 0 && at <= now() && (mayEnd || kind !== 'limit_that_ends'),
      );
      if (due === undefined) return whole;
      if (due.times === TIMES[due.kind]) onEvent(due.kind);
      due.times -= 1;
      if (due.kind === 'overload') return { ...whole, kind: 'overload', share: 0 };
      const resetsAt = due.kind === 'limit_with_reset' ? plan.resetsAt : null;
      return { ...whole, kind: 'spend_limit', spendLimit: { resetsAt, now: now() } };
    },
  };
}
