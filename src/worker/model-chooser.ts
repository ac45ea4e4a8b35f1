import type { MessagesClient } from '../api/messages-client.js';
import type { Price } from '../api/pricing.js';
import { type Clock, MINUTE } from '../lib/clock.js';
import type { Logger } from '../logging/logger.js';
import type { AttemptOutcome, FailedAttempt } from './attempt/outcome.js';

// Which model writes the next story: the first one, or one of those that stand in for it.

export interface ChosenModel {
  name: string;
  /** null where it is not known. */
  price: Price | null;
  client: MessagesClient;
}

export interface ModelChooser {
  /** The model for the next story. */
  choose(): ChosenModel;
  /**
   * Takes in what came of an attempt.
   * @returns the outcome, as a failure that passes where the model is gone and another one stands in for it
   */
  report(model: ChosenModel, outcome: AttemptOutcome): AttemptOutcome;
}

/** So many overload failures of a model in a row make the next one stand in for it. */
const OVERLOADS = 3;

/** After that time, in milliseconds, the first model is tried again. */
const RETURN_AFTER = 30 * MINUTE;

/** @param models the first one writes whenever it can */
export function createModelChooser(
  models: readonly [ChosenModel, ...ChosenModel[]],
  clock: Clock,
  log: Logger,
): ModelChooser {
  let [current] = models;
  let switchedAt = Number.NEGATIVE_INFINITY;
  let overloads = 0;
  const gone = new Set<ChosenModel>();

  return {
    choose: () => {
      const first = models.find((model) => !gone.has(model));
      if (first !== undefined && first !== current && clock.monotonic() - switchedAt >= RETURN_AFTER) {
        switchTo(first, 'return', `처음 모델로 돌아갑니다: ${first.name}`);
      }
      return current;
    },
    report: (model, outcome) => {
      // An answer to another model's call says nothing about this one.
      if (model !== current) return outcome;
      if (outcome.kind === 'saved') overloads = 0;
      if (outcome.kind !== 'failed') return outcome;
      if (isGone(outcome)) return replaceGone(model, outcome);
      overloads = isOverload(outcome) ? overloads + 1 : 0;
      const next = overloads >= OVERLOADS ? after(model) : null;
      if (next !== null) {
        switchTo(
          next,
          'overload',
          `${model.name}이(가) 연속 ${OVERLOADS}번 붐벼 다음 소설은 ${next.name}이(가) 씁니다`,
        );
      }
      return outcome;
    },
  };

  function replaceGone(model: ChosenModel, outcome: FailedAttempt): AttemptOutcome {
    const others = models.filter((each) => each !== model && !gone.has(each));
    const next = after(model) ?? others[0];
    if (next === undefined) return outcome;
    gone.add(model);
    switchTo(next, 'gone', `${model.name}을(를) 쓸 수 없어 ${next.name}이(가) 씁니다`);
    return { ...outcome, failure: { ...outcome.failure, kind: 'transient', mayPass: false } };
  }

  function switchTo(model: ChosenModel, reason: 'overload' | 'gone' | 'return', message: string): void {
    current = model;
    switchedAt = clock.monotonic();
    overloads = 0;
    log.warn({ event: 'model_switched', model: model.name, reason }, message);
  }

  /** The next one that is there. */
  function after(model: ChosenModel): ChosenModel | null {
    return models.slice(models.indexOf(model) + 1).find((each) => !gone.has(each)) ?? null;
  }
}

function isOverload({ failure }: FailedAttempt): boolean {
  return failure.kind === 'transient' && /overloaded|http_529|http_503/.test(failure.code);
}

function isGone({ failure }: FailedAttempt): boolean {
  return failure.kind === 'fatal' && /not_found|http_404|http_410/.test(failure.code);
}
