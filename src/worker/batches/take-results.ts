import { type BatchClient, type BatchInfo, type BatchResult, sizeOf } from '../../api/batches/batch-client.js';
import { classifyFailure, endsRun } from '../../api/failure.js';
import { costOf, type Price } from '../../api/pricing.js';
import { NO_TOKENS } from '../../api/usage.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../logging/logger.js';
import type { Premise } from '../../prompt/cards.js';
import type { Prompt } from '../../prompt/prompt.js';
import type { OpenCall } from '../../run/ledger-records.js';
import type { Run } from '../../run/run.js';
import type { FinishStory } from '../attempt/finish-story.js';
import type { AttemptOutcome } from '../attempt/outcome.js';
import { retryUntilStored, type StorageRetry } from '../attempt/retry-storage.js';
import type { ChosenModel } from '../model-chooser.js';
import type { RunRules } from '../run-rules.js';

export interface TakeResultsDeps {
  run: Run;
  /** Of a call in a batch; null where it is not known. */
  price: Price | null;
  /** Who writes in batches, and the rest of what was cut off. */
  model: ChosenModel;
  promptOf: (premise: Premise) => Prompt;
  finishStory: FinishStory;
  client: BatchClient;
  rules: RunRules;
  /** The first wait between two questions how far a batch is, in milliseconds; later ones are longer. */
  pollMs: number;
  storageRetry: StorageRetry;
  clock: Clock;
  log: Logger;
  stopping: AbortSignal;
  aborting: AbortSignal;
}

/**
 * Reads the results of a batch that has ended, and ends the attempt that each belongs to. Those that are in the ledger
 * already, from before a kill or a broken connection, are passed over.
 *
 * - taken: all there are
 * - stopped: the worker is to stop before that; the next start takes the others
 * - foreign: none of them is of this run
 */
export type TakeResults = (info: BatchInfo) => Promise<'taken' | 'stopped' | 'foreign'>;

/** How often in a row the results may be refused for good, as a key that was taken back is. */
const TRIES_OF_REFUSAL = 4;

export function createTakeResults(deps: TakeResultsDeps): TakeResults {
  const { run, price, model, promptOf, finishStory, client, rules, pollMs, storageRetry } = deps;
  const { clock, log, stopping, aborting } = deps;

  return async (info) => {
    for (let refusals = 0; ; ) {
      try {
        return await takeOnce(info);
      } catch (error) {
        if (aborting.aborted) return stop();
        const failure = classifyFailure(error);
        // A defect would come again with every try.
        if (failure.kind === 'unforeseen') throw error;
        log.warn(
          { event: 'batch_results_failed', batch: info.id, code: failure.code },
          `배치의 결과를 다 받지 못했습니다 - ${failure.reason}`,
        );
        refusals = endsRun(failure.kind) ? refusals + 1 : 0;
        if (refusals === TRIES_OF_REFUSAL) rules.close({ kind: 'refused', failure });
        else await clock.sleep(pollMs, stopping);
        if (refusals === TRIES_OF_REFUSAL || stopping.aborted) return stop();
      }
    }
  };

  async function takeOnce(info: BatchInfo): ReturnType<TakeResults> {
    const generationMs = (clock.now() - info.createdAt) / Math.max(1, sizeOf(info.counts));
    const begunAt = clock.monotonic();
    let isOurs = false;
    for await (const result of client.results(info.id, aborting)) {
      const call = run.state().open.find(({ custom_id }) => custom_id === result.customId);
      isOurs ||= call !== undefined || result.customId.startsWith(`${run.id}_`);
      if (call === undefined) continue;
      rules.settle(await settleResult(result, call, { batch: info.id, generationMs }), begunAt);
      if (stopping.aborted) return stop();
    }
    return isOurs ? 'taken' : 'foreign';
  }

  function stop(): 'stopped' {
    rules.close(rules.due('batch'));
    return 'stopped';
  }

  async function settleResult(
    result: BatchResult,
    call: OpenCall,
    { batch, generationMs }: { batch: string; generationMs: number },
  ): Promise<AttemptOutcome> {
    const premise = premiseOf(call);
    const commission = { premise, prompt: promptOf(premise) };
    const sequence = run.state().statistics.stories + 1;
    const inHand = { sequence, tries: 1, model, price, call: call.number, batch, draft: null, part: null };
    switch (result.kind) {
      case 'answered': {
        const { answer } = result;
        const costUsd = costOf(answer.usage, price);
        return finishStory.finish(inHand, commission, { kind: 'answered', answer, costUsd, generationMs });
      }
      case 'failed': {
        const failure = classifyFailure(result.error);
        const { usage } = result.error.detail;
        return finishStory.finish(inHand, commission, { kind: 'failed', failure, usage, partial: null });
      }
      case 'expired':
      case 'canceled':
        return settleUnprocessed(call);
    }
  }

  /** Free, and made up for by another story: neither a failure nor an answer. */
  async function settleUnprocessed({ number }: OpenCall): Promise<AttemptOutcome> {
    const outcome = { type: 'outcome', at: clock.now(), attempt: number, usage: NO_TOKENS, cost_usd: 0 } as const;
    const what = '처리되지 않은 요청을 장부에 적지';
    await retryUntilStored(storageRetry, { what, giveUp: aborting }, () =>
      run.record({ ...outcome, kind: 'abandoned' }),
    );
    return { kind: 'abandoned' };
  }
}

/** The cards that a call of a batch was made of. */
export function premiseOf({ cards, number }: OpenCall): Premise {
  if (cards === undefined) throw new Error(`call ${number} of a batch has no cards`);
  return cards;
}
