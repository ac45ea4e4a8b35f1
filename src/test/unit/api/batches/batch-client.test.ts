import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createBatchClient } from '../../../../api/batches/sdk-batch-client.js';
import { NO_TOKENS } from '../../../../api/usage.js';
import { endpointFor } from '../../../helpers/processes.js';

test('a request of a batch that ended in an error is not billed', async (t) => {
  const { url } = await endpointFor(t, () => ({ status: 529, error: { type: 'overloaded_error', message: 'busy' } }));
  const client = createBatchClient({
    ...{ apiKey: 'key', authToken: null, baseUrl: url, model: 'm', maxTokens: 100, temperature: null, env: {} },
    ...{ idleMs: 1000, totalMs: 1000, onSdkMessage: () => {} },
  });
  const { signal } = new AbortController();
  const { id } = await client.create([{ customId: 'run_1', prompt: { system: '소설가', user: '한 편' } }], signal);
  for await (const result of client.results(id, signal)) {
    assert.ok(result.kind === 'failed');
    assert.deepEqual(result.error.detail.usage, NO_TOKENS);
  }
});
