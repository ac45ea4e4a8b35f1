import type { BatchClient } from '../src/api/batches/batch-client.js';
import { CallError, classifyFailure } from '../src/api/failure.js';
import { loadConfig } from '../src/config/load.js';
import { chooseAuthor } from '../src/config/run-plan.js';
import { SECOND } from '../src/lib/clock.js';
import { defineCommand, runScript, UsageError } from '../src/lib/command-line.js';
import { ExitCode, UserError } from '../src/lib/errors.js';
import { formatNumber } from '../src/lib/format-number.js';
import { localIso } from '../src/lib/format-time.js';
import { ledgerPath, listRunsWithBatches, readLedger } from '../src/run/ledger.js';
import { replay } from '../src/run/run.js';
import { describeCounts } from '../src/worker/batches/describe-counts.js';

// npm run batches -- list | cancel ID: the batches of this folder that are still at the vendor.

const batches = defineCommand({
  usage: `사용법: npm run batches -- list         아직 거두지 않은 배치와 그 상태
        npm run batches -- cancel 번호  아직 처리되지 않은 요청을 취소 (처리된 것은 --resume으로 거둡니다)`,
  options: {},
  takesWords: true,
  run: async (_, { root, env, stdout, stderr }, [action, id, ...rest]) => {
    const { config } = loadConfig({ root, env, flags: {} });
    const out = await listBatchesOut(config.outputDir);
    const isList = action === 'list' && id === undefined;
    const isCancel = action === 'cancel' && id !== undefined && rest.length === 0;
    if (!isList && !isCancel) throw new UsageError('list, cancel 번호 중 하나로 쓰세요');
    if (out.length === 0) {
      stdout.write('거두지 않은 배치가 없습니다\n');
      return 0;
    }
    if (chooseAuthor(config).kind === 'offline') {
      throw new UserError('배치를 맡긴 곳의 키(ANTHROPIC_API_KEY)나 주소(ANTHROPIC_BASE_URL)가 필요합니다');
    }
    const { createBatchClient } = await import('../src/api/batches/sdk-batch-client.js');
    const client = createBatchClient({
      apiKey: config.anthropicApiKey?.reveal() ?? null,
      authToken: config.anthropicAuthToken?.reveal() ?? null,
      baseUrl: config.anthropicBaseUrl,
      model: config.model,
      maxTokens: config.maxTokens,
      temperature: config.temperature,
      idleMs: config.requestIdleSeconds * SECOND,
      totalMs: config.requestTimeoutSeconds * SECOND,
      env,
      onSdkMessage: (text) => stderr.write(`${text}\n`),
    });
    try {
      stdout.write(isCancel ? await cancel(client, out, id) : await list(client, out));
    } catch (error) {
      if (!(error instanceof CallError)) throw error;
      const { reason, advice } = classifyFailure(error);
      stderr.write(`${reason}${advice === null ? '' : `. ${advice}`}\n`);
      return ExitCode.refused;
    }
    return 0;
  },
});

/** A batch of a run's ledger whose results have not all been collected. */
interface BatchOut {
  runId: string;
  /** null: its process ended before the vendor's answer was recorded. */
  id: string | null;
  /** Milliseconds since the epoch. */
  at: number;
  calls: number;
}

async function listBatchesOut(folder: string): Promise<BatchOut[]> {
  return (await listRunsWithBatches(folder)).flatMap((runId) => {
    const ledger = readLedger(ledgerPath(folder, runId));
    if (ledger === null) return [];
    const { batches: open, open: calls } = replay(ledger);
    return open.map(({ key, id, at }) => ({
      runId,
      id,
      at,
      calls: calls.filter(({ batch }) => batch === key).length,
    }));
  });
}

const never = new AbortController().signal;

async function list(client: BatchClient, out: readonly BatchOut[]): Promise<string> {
  const lines = await Promise.all(
    out.map(async ({ runId, id, at, calls }) => {
      const info = id === null ? null : await client.retrieve(id, never);
      const state =
        id === null
          ? '만들어졌는지 아직 모릅니다 (--resume이 찾습니다)'
          : info === null
            ? 'API가 모르는 배치입니다'
            : `${info.hasEnded ? '끝남, --resume으로 거두세요' : '진행 중'} - ${describeCounts(info.counts)}`;
      return `${id ?? '(번호 없음)'}  ${localIso(at)}, 소설 ${formatNumber(calls)}편, ${runId}\n    ${state}\n`;
    }),
  );
  return lines.join('');
}

async function cancel(client: BatchClient, out: readonly BatchOut[], wanted: string): Promise<string> {
  const fitting = out.filter(({ id }) => id?.includes(wanted) === true);
  const [batch] = fitting;
  if (batch?.id == null) throw new UserError(`거두지 않은 배치 가운데 "${wanted}"에 맞는 것이 없습니다`);
  if (fitting.length > 1) throw new UserError(`"${wanted}"에 맞는 배치가 여럿입니다`);
  const { counts } = await client.cancel(batch.id, never);
  return `취소를 요청했습니다: ${batch.id} - ${describeCounts(counts)}. 처리된 것은 --resume으로 거두세요\n`;
}

await runScript(batches, process);
