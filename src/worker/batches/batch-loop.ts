import type { EndReason } from '../../run/end-reason.js';
import { createRunRules, type RunRulesDeps } from '../run-rules.js';
import { createWaits } from '../waits.js';
import { type CollectBatchDeps, createCollectBatch } from './collect-batch.js';
import { createSubmitBatch, type SubmitBatchDeps } from './submit-batch.js';

export interface BatchLoopDeps
  extends RunRulesDeps,
    Omit<SubmitBatchDeps, 'caps'>,
    Omit<CollectBatchDeps, 'rules' | 'wait' | 'onEvent'> {
  /** The most stories of a batch; null: no batch is begun, and those that are out are collected. */
  batchSize: number | null;
}

/**
 * The loop with batches: collects what is out, then begins another batch, until a limit, a signal, or a failure that only
 * a person can mend. A batch that is out is collected also when a limit has ended the run meanwhile; a signal leaves it
 * to the next start.
 * @returns null when nothing is out any more and no batch is to be begun
 */
export async function runBatchLoop(deps: BatchLoopDeps): Promise<EndReason | null> {
  const { batchSize, limits, run, pauses, clock, onEvent } = deps;
  const rules = createRunRules(deps);
  const waits = createWaits({ ...deps, rules, inHand: () => 0 });
  const collect = createCollectBatch({ ...deps, rules, wait: waits.wait });
  const submit = createSubmitBatch(deps);
  for (let isFirst = true; ; isFirst = false) {
    for (const batch of run.state().batches) {
      if (!(await collect(batch))) {
        rules.close(rules.due('batch'));
        return rules.end();
      }
    }
    if (batchSize === null) return null;
    if (rules.close(rules.due())) return rules.end();
    const { stories } = run.state().statistics;
    if (!isFirst) await waits.wait({ until: clock.monotonic() + limits.intervalMs, reason: 'interval' });
    if (rules.close(rules.due())) return rules.end();
    if (await waits.waitOutPause()) continue;
    const left = limits.maxStories === null ? batchSize : limits.maxStories - stories;
    const most = Math.min(batchSize, left, (await pauses.room()) ?? batchSize);
    onEvent({ kind: 'writing', inHand: most });
    const submission = await submit(most);
    if (submission.kind === 'capped') rules.settle(submission, clock.monotonic());
  }
}
