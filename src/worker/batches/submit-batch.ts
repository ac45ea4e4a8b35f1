import { costOf, type Price } from '../../api/pricing.js';
import type { Usage } from '../../api/usage.js';
import type { Clock } from '../../lib/clock.js';
import { type AxisCards, idsOf, type Premise } from '../../prompt/cards.js';
import type { DrawPremise } from '../../prompt/deck.js';
import { composePrompt, type Prompt } from '../../prompt/prompt.js';
import { type CapHit, type Caps, capInTheWay, worstCase } from '../../run/budget.js';
import { markBatchOut } from '../../run/ledger.js';
import type { AttemptRecord, RunState } from '../../run/ledger-records.js';
import type { Run } from '../../run/run.js';
import type { RecentStories } from '../../store/recent-stories.js';
import type { RunSettings } from '../../store/story-metadata.js';
import { retryUntilStored, type StorageRetry } from '../attempt/retry-storage.js';

export interface SubmitBatchDeps {
  run: Run;
  /** The story folder. */
  folder: string;
  settings: RunSettings;
  /** Of a call in a batch; null where it is not known. */
  price: Price | null;
  caps: Caps;
  axes: readonly AxisCards[];
  drawPremise: DrawPremise;
  recent: RecentStories;
  storageRetry: StorageRetry;
  clock: Clock;
  stopping: AbortSignal;
}

export type Submission =
  | { kind: 'recorded' }
  /** Not even one more call has room below a cap. */
  | { kind: 'capped'; hit: CapHit }
  /** Told to stop before it was in the ledger. */
  | { kind: 'abandoned' };

/**
 * Draws the premises of a batch and writes its calls and the intent to create it into the ledger. A kill from here on
 * leaves a batch that the next start looks for.
 * @param most how many stories it may have
 */
export type SubmitBatch = (most: number) => Promise<Submission>;

interface PlannedCall {
  premise: Premise;
  atMost: Usage;
}

export function createSubmitBatch(deps: SubmitBatchDeps): SubmitBatch {
  const { run, folder, settings, price, caps, axes, drawPremise, recent, storageRetry, clock, stopping } = deps;

  return async (most) => {
    const planned: PlannedCall[] = [];
    let reserved = { tokens: 0, costUsd: 0 };
    let hit: CapHit | null = null;
    while (planned.length < most) {
      const what = '소재를 뽑지';
      const drawing = await retryUntilStored(storageRetry, { what, giveUp: stopping }, drawPremise);
      if (!drawing.done) return { kind: 'abandoned' };
      const premise = drawing.value;
      const atMost = worstCase(promptOf(premise), settings.maxTokens);
      hit = capInTheWay(caps, withReserved(run.state(), reserved), atMost, price);
      if (hit !== null) break;
      planned.push({ premise, atMost });
      reserved = {
        tokens: reserved.tokens + atMost.total_tokens,
        costUsd: reserved.costUsd + (costOf(atMost, price) ?? 0),
      };
    }
    if (planned.length === 0 && hit !== null) return { kind: 'capped', hit };
    return record(planned);
  };

  function promptOf(premise: Premise): Prompt {
    return composePrompt(premise, axes, settings, recent.list());
  }

  async function record(planned: readonly PlannedCall[]): Promise<Submission> {
    const { statistics, open } = run.state();
    const first = statistics.attempts + open.length + 1;
    const key = `batch_${first}`;
    const at = clock.now();
    const calls = planned.map(({ premise, atMost }, index): AttemptRecord => {
      const number = first + index;
      return {
        type: 'attempt',
        at,
        number,
        premise: idsOf(premise),
        at_most: { tokens: atMost.total_tokens, cost_usd: costOf(atMost, price) },
        batch: key,
        custom_id: `${run.id}_${number}`,
        cards: premise,
      };
    });
    const what = '배치를 장부에 적지';
    const stored = await retryUntilStored(storageRetry, { what, giveUp: stopping }, async () => {
      await markBatchOut(folder, run.id);
      await run.recordAll([...calls, { type: 'batch', at, key, phase: 'intent' }]);
    });
    return stored.done ? { kind: 'recorded' } : { kind: 'abandoned' };
  }
}

/** The state as it would be with calls open that can use so much more. */
function withReserved(state: RunState, reserved: RunState['unknownAtMost']): RunState {
  const { tokens, costUsd } = state.unknownAtMost;
  return { ...state, unknownAtMost: { tokens: tokens + reserved.tokens, costUsd: costUsd + reserved.costUsd } };
}
