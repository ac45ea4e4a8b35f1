import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Usage } from '../../../api/usage.js';
import type { Reply } from '../../../offline/server/reply.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor, settingsFor, startWorker, type WorkerProcess } from '../../helpers/processes.js';

// Many stories at once, in the real process: side by side, and in batches.

const STORY: Reply = { content: [{ type: 'text', text: storyText() }] };

const PRICES = { PRICE_INPUT_USD: '2', PRICE_OUTPUT_USD: '10' };

/** The ledger's records of the only run of a folder. */
function ledgerOf({ outputDir }: WorkerProcess): Record<string, unknown>[] {
  const folder = join(outputDir, '.runs');
  const [file = ''] = readdirSync(folder).filter((name) => name.endsWith('.jsonl'));
  const lines = readFileSync(join(folder, file), 'utf8').trim().split('\n');
  return lines.map((line) => JSON.parse(line) as Record<string, unknown>);
}

/** What a test asks of the final record. */
interface FinalRecord {
  reason: string;
  waiting_for: string | null;
  stories: number;
  resumes: number;
  calls_lost_to_kills: number;
  tokens: Usage;
  cost_usd: number | null;
}

function finalRecord(worker: WorkerProcess): FinalRecord {
  const record = worker.records().at(-1);
  assert.equal(record?.event, 'run_finished', worker.stdout());
  return record as unknown as FinalRecord;
}

const storiesOf = (worker: WorkerProcess) => worker.files().filter((name) => name.endsWith('.md')).length;

/** A worker with several slots whose calls are answered only when the test says so. */
async function heldWorker(t: TestContext, { flags = [], outputDir }: { flags?: string[]; outputDir?: string } = {}) {
  let release = (): void => {};
  const released = new Promise<void>((resolve) => {
    release = resolve;
  });
  let arrived = 0;
  const endpoint = await endpointFor(t, async () => {
    arrived++;
    await released;
    return STORY;
  });
  const worker = startWorker(t, {
    flags: ['--concurrency', '4', ...flags],
    env: settingsFor(endpoint),
    ...(outputDir === undefined ? {} : { outputDir }),
  });
  const inFlight = async (count: number) => {
    while (arrived < count) await new Promise((resolve) => setTimeout(resolve, 10));
  };
  return { worker, release, inFlight, arrived: () => arrived };
}

describe('side by side', () => {
  test('SIGINT finishes all stories in hand, and begins none', async (t) => {
    const { worker, release, inFlight, arrived } = await heldWorker(t, { flags: ['--max-stories', '0'] });
    await inFlight(4);
    worker.child.kill('SIGINT');
    await worker.printed(/SIGINT 수신/);
    release();
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.deepEqual([storiesOf(worker), arrived()], [4, 4]);
    assert.equal(worker.records().at(-1)?.event, 'run_finished');
  });

  test('a kill with four calls in flight loses those four and nothing else, and the count stays exact', async (t) => {
    const first = await heldWorker(t, { flags: ['--max-stories', '6', '--resume'] });
    await first.inFlight(4);
    first.worker.child.kill('SIGKILL');
    await first.worker.exited;
    const endpoint = await endpointFor(t, () => STORY);
    const second = startWorker(t, {
      flags: ['--concurrency', '4', '--max-stories', '6', '--resume'],
      env: settingsFor(endpoint),
      outputDir: first.worker.outputDir,
    });
    assert.deepEqual(await second.exited, { code: 0, signal: null });
    const { stories, calls_lost_to_kills, resumes } = finalRecord(second);
    assert.deepEqual([stories, calls_lost_to_kills, resumes], [6, 4, 1]);
    assert.equal(storiesOf(second), 6);
    assert.equal(second.records().filter(({ event }) => event === 'call_lost').length, 4);
  });

  test('a cap counts every open call at its most before the next one is made', async (t) => {
    const { worker, release, inFlight, arrived } = await heldWorker(t, {
      flags: ['--max-stories', '0', '--max-tokens', '2000', '--max-tokens-total', '20000'],
    });
    // Two calls of at most 2,000 and their prompts fit, four do not.
    await inFlight(2);
    await new Promise((resolve) => setTimeout(resolve, 300));
    const open = arrived();
    assert.ok(open < 4, `${open} calls in flight`);
    release();
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(finalRecord(worker).reason, 'cap');
    assert.ok(finalRecord(worker).tokens.total_tokens <= 20_000);
    assert.ok(storiesOf(worker) > 2);
  });
});

describe('in batches', () => {
  const flags = ['--batch-size', '3', '--max-stories', '3', '--resume'];

  test('SIGINT leaves a batch out, exit 0, and --resume collects it at half the price', async (t) => {
    const endpoint = await endpointFor(t, () => STORY, { takesMs: 1500 });
    const env = { ...settingsFor(endpoint), ...PRICES, BATCH_POLL_SECONDS: '0.1' };
    const first = startWorker(t, { flags, env });
    await first.printed(/배치의 결과를 기다립니다/);
    first.child.kill('SIGINT');
    assert.deepEqual(await first.exited, { code: 0, signal: null });
    assert.match(first.stdout(), /배치는 API에서 계속됩니다: msgbatch_/);
    assert.equal(storiesOf(first), 0);
    const second = startWorker(t, { flags, env, outputDir: first.outputDir });
    assert.deepEqual(await second.exited, { code: 0, signal: null });
    assert.deepEqual([storiesOf(second), endpoint.batches().length], [3, 1]);
    const { tokens, cost_usd } = finalRecord(second);
    const half = (tokens.input_tokens * 1 + tokens.output_tokens * 5) / 1e6;
    assert.equal(cost_usd?.toFixed(9), half.toFixed(9));
    assert.deepEqual(
      readdirSync(join(second.outputDir, '.runs')).filter((name) => name.endsWith('.batch')),
      [],
    );
  });

  test('a batch whose creation was answered into the void is found, and none is made twice', async (t) => {
    const endpoint = await endpointFor(t, () => STORY, { onCreate: (n) => (n === 0 ? 'lose_answer' : 'created') });
    const worker = startWorker(t, { flags, env: { ...settingsFor(endpoint), BATCH_POLL_SECONDS: '0.1' } });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.deepEqual([storiesOf(worker), endpoint.batches().length], [3, 1]);
    assert.match(worker.stdout(), /앞서 만든 배치를 찾았습니다/);
  });

  test('a kill between the creation and its record leaves a batch that the next start finds', async (t) => {
    let killed = (): void => {};
    const killing = new Promise<void>((resolve) => {
      killed = resolve;
    });
    let first: WorkerProcess | null = null;
    const endpoint = await endpointFor(t, () => STORY, {
      onCreate: (n) => {
        if (n > 0) return 'created';
        first?.child.kill('SIGKILL');
        killed();
        return 'created';
      },
    });
    const env = { ...settingsFor(endpoint), BATCH_POLL_SECONDS: '0.1' };
    first = startWorker(t, { flags, env });
    await killing;
    await first.exited;
    assert.deepEqual(
      ledgerOf(first).flatMap(({ type, phase }) => (type === 'batch' ? [phase] : [])),
      ['intent'],
    );
    const second = startWorker(t, { flags, env, outputDir: first.outputDir });
    assert.deepEqual(await second.exited, { code: 0, signal: null });
    assert.deepEqual([storiesOf(second), endpoint.batches().length], [3, 1]);
  });

  test('the offline author writes in batches, too', async (t) => {
    const worker = startWorker(t, {
      flags: ['--batch-size', '2', '--max-stories', '5'],
      env: { AUTHOR: 'offline', BATCH_POLL_SECONDS: '0.1' },
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(storiesOf(worker), 5);
  });

  test('an endpoint without batches is one clear sentence and exit 78', async (t) => {
    const endpoint = await endpointFor(t, () => STORY, { onCreate: () => 'refuse' });
    const worker = startWorker(t, { flags, env: settingsFor(endpoint) });
    assert.deepEqual(await worker.exited, { code: 78, signal: null });
    assert.equal(existsSync(join(worker.outputDir, '.runs')), true);
    assert.equal(storiesOf(worker), 0);
  });
});

describe('paid answers that are no stories', () => {
  test('end the 24 h profile after five in a row with 79, and say what to change', async (t) => {
    let paid = 0;
    const endpoint = await endpointFor(t, () => {
      paid++;
      return { content: [{ type: 'text', text: '죄송하지만 이 이야기는 쓸 수 없습니다.' }] };
    });
    const worker = startWorker(t, { env: { ...settingsFor(endpoint), NODE_ENV: 'production', INTERVAL_SECONDS: '0' } });
    assert.deepEqual(await worker.exited, { code: 79, signal: null });
    assert.equal(paid, 5);
    assert.match(worker.stdout(), /연속 5번 소설이 되지 못했습니다/);
    assert.equal(readdirSync(join(worker.outputDir, '.set-aside')).filter((name) => name.endsWith('.md')).length, 5);
  });
});

describe('pauses', () => {
  test('outside the active hours nothing is written, and a signal ends the pause', async (t) => {
    const hour = new Date().getHours();
    const from = `${(hour + 2) % 24}:00`;
    const to = `${(hour + 3) % 24}:00`;
    const worker = startWorker(t, { flags: ['--active-hours', `${from}-${to}`], env: { AUTHOR: 'offline' } });
    await worker.printed(/일시 정지합니다/);
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(storiesOf(worker), 0);
    assert.equal(finalRecord(worker).waiting_for, 'inactive_hours');
  });

  test("a day's budget holds over runs of one folder", async (t) => {
    const endpoint = await endpointFor(t, () => ({ ...STORY, usage: { input_tokens: 4000, output_tokens: 1000 } }));
    const flags = ['--max-stories', '9', '--max-tokens', '2000', '--max-tokens-per-day', '24000'];
    const env = settingsFor(endpoint);
    const first = startWorker(t, { flags: ['--max-stories', '1', '--max-tokens', '2000'], env });
    await first.exited;
    const second = startWorker(t, { flags, env, outputDir: first.outputDir });
    await second.printed(/일시 정지합니다/);
    second.child.kill('SIGTERM');
    await second.exited;
    const used = finalRecord(second).tokens.total_tokens;
    // What the first run has used counts as well.
    assert.ok(used > 0 && used + 5000 <= 24_000, `${used} tokens`);
  });
});
