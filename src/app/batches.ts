import { batchPriceOf } from '../api/pricing.js';
import type { EndpointOptions, RequestOptions } from '../api/sdk-client.js';
import type { Config } from '../config/load.js';
import { SECOND } from '../lib/clock.js';
import type { EndReason } from '../run/end-reason.js';
import { type AttemptDeps, createAttempts } from '../worker/attempt/attempt.js';
import type { RunRulesDeps } from '../worker/run-rules.js';

/**
 * Collects the batches that are out and, where the settings ask for batches, begins others until the run ends. Loads what
 * it needs only now: most workers never do.
 * @returns null when nothing is out any more and the settings ask for no batch
 */
export async function workInBatches(
  deps: RunRulesDeps & AttemptDeps,
  { batchSize, batchPollSeconds, outputDir }: Config,
  endpoint: EndpointOptions & RequestOptions,
): Promise<EndReason | null> {
  const [{ createBatchClient }, { runBatchLoop }] = await Promise.all([
    import('../api/batches/sdk-batch-client.js'),
    import('../worker/batches/batch-loop.js'),
  ]);
  const { finishStory } = createAttempts(deps);
  const model = deps.models.choose();
  return runBatchLoop({
    ...deps,
    folder: outputDir,
    batchSize,
    pollMs: batchPollSeconds * SECOND,
    model,
    price: batchPriceOf(model.price),
    client: createBatchClient(endpoint),
    finishStory,
  });
}
