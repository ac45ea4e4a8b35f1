import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { defineCommand, parseChoice, runScript } from '../../src/lib/command-line.js';
import { UserError } from '../../src/lib/errors.js';
import { ROOT } from '../../src/lib/project.js';
import { readCards } from '../../src/prompt/read-cards.js';
import { type HostInfo, loadOfLastMinute, readHostInfo } from './host-info.js';
import { type BenchResult, bench, CASES } from './index.js';
import { formatTable } from './table.js';

// npm run bench -- [--quick] [--only NAME]… [--json FILE] [--worker main.js]
// Benchmarks the worker against the SDK alone; see docs/performance.md. Exits with 1 when a case failed, and with 0
// otherwise, however slow it was.

const NAMES = CASES.map(({ name }) => name);

const command = defineCommand({
  usage: `사용법: npm run bench                          모두 재기
        npm run bench -- --quick               짧게 재기
        npm run bench -- --only 이름           고른 것만 재기 (여러 번 쓸 수 있습니다)
        npm run bench -- --json 파일           결과를 JSON으로도 쓰기
        npm run bench -- --worker main.js      다른 빌드를 재기
이름: ${NAMES.join(', ')}`,
  options: {
    quick: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true },
    json: { type: 'string' },
    worker: { type: 'string', default: join(ROOT, 'dist', 'main.js') },
  },
  run: async ({ quick, only, json, worker }, { stdout, stderr }) => {
    const chosen = only?.map((name) => parseChoice('--only', name, NAMES)) ?? null;
    if (!existsSync(worker)) throw new UserError(`파일이 없습니다: ${worker}. 먼저 npm run build를 실행하세요`);
    const files = ['.env', join('config', 'local.json')].filter((file) => existsSync(join(worker, '..', '..', file)));
    if (files.length > 0) stderr.write(`워커의 ${files.join(', ')}에 적힌 설정도 적용됩니다\n`);

    const loadBefore = loadOfLastMinute();
    const result = await bench({
      worker,
      axes: readCards(join(ROOT, 'config', 'premises')),
      quick,
      only: chosen,
      onCase: ({ title }) => stderr.write(`${title} …\n`),
      signal: stopping.signal,
    });
    const host = await readHostInfo(ROOT, loadBefore);
    if (json !== undefined) writeFileSync(json, `${JSON.stringify({ ...host, quick, ...result }, null, 2)}\n`);
    stdout.write(describe(result, host));
    return result.aborted ? 130 : result.failures.length === 0 ? 0 : 1;
  },
});

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort(name));
process.on('SIGHUP', () => {
  // Under nohup it goes on.
  if (process.stdout.isTTY) stopping.abort('SIGHUP');
});
await runScript(command, process);
// A case that was aborted may still wait for something, which must not keep the process alive.
process.exit();

function describe({ rows, notes, failures, aborted }: BenchResult, host: HostInfo): string {
  const { cpu, cores, node, sdk, commit, changed, load } = host;
  const tree = commit === null ? '커밋 없음' : `커밋 ${commit.slice(0, 8)}${changed ? '+' : ''}`;
  return [
    `${cpu}, 코어 ${cores}개, node ${node}, SDK ${sdk}, ${tree}, 부하 ${load.join(' → ')}\n`,
    rows.length === 0 ? '' : `\n${formatTable(rows)}`,
    ...notes.map((note) => `\n${note.trimEnd()}\n`),
    ...failures.map(({ measure, reason }) => `\n재지 못했습니다: ${measure}: ${reason}\n`),
    aborted ? `\n${stopping.signal.reason} 수신 - 여기까지 재고 멈췄습니다\n` : '',
  ].join('');
}
