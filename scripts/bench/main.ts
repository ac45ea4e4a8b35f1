import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readCards } from '../../src/prompt/cards.js';
import { type Circumstances, circumstances, loadOfLastMinute } from './host-info.js';
import { type BenchResult, bench, MEASURES } from './index.js';
import { formatTable } from './table.js';

// npm run bench -- [--quick] [--only NAME]… [--json FILE] [--worker main.js]
// Measures the worker next to the SDK alone; see docs/performance.md. Ends with 1 when a measurement failed, and
// whatever the times are, with 0 otherwise.

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const NAMES = MEASURES.map(({ name }) => name);

const { values } = parse();
const only = values.only ?? null;
const unknown = only?.find((name) => !NAMES.includes(name));
if (unknown !== undefined) fail(`--only: ${NAMES.join(', ')} 가운데 하나여야 합니다 (${unknown})`);
if (!existsSync(values.worker)) fail(`${values.worker}이(가) 없습니다. 먼저 npm run build를 실행하세요`);

const files = ['.env', join('config', 'local.json')].filter((file) =>
  existsSync(join(values.worker, '..', '..', file)),
);
if (files.length > 0) process.stderr.write(`작업자의 ${files.join(', ')}에 적힌 설정도 적용됩니다\n`);

const stopping = new AbortController();
for (const name of ['SIGINT', 'SIGTERM'] as const) process.on(name, () => stopping.abort(name));
process.on('SIGHUP', () => {
  // Under nohup it goes on.
  if (process.stdout.isTTY) stopping.abort('SIGHUP');
});

const loadBefore = loadOfLastMinute();
const result = await bench({
  worker: values.worker,
  axes: readCards(join(ROOT, 'config', 'premises')),
  quick: values.quick,
  only,
  onMeasure: ({ title }) => process.stderr.write(`${title} …\n`),
  signal: stopping.signal,
});
const about = await circumstances(ROOT, loadBefore);
if (values.json !== undefined) {
  writeFileSync(values.json, `${JSON.stringify({ ...about, quick: values.quick, ...result }, null, 2)}\n`);
}
process.stdout.write(describe(result, about));
process.exitCode = result.aborted ? 130 : result.failures.length === 0 ? 0 : 1;
// What a measure that was cut off still waits for keeps no process alive.
process.exit();

function describe({ rows, notes, failures, aborted }: BenchResult, about: Circumstances): string {
  const { cpu, cores, node, sdk, commit, changed, load } = about;
  const tree = commit === null ? '커밋 없음' : `커밋 ${commit.slice(0, 8)}${changed ? '+' : ''}`;
  return [
    `${cpu}, 코어 ${cores}개, node ${node}, SDK ${sdk}, ${tree}, 부하 ${load.join(' → ')}\n`,
    rows.length === 0 ? '' : `\n${formatTable(rows)}`,
    ...notes.map((note) => `\n${note.trimEnd()}\n`),
    ...failures.map(({ measure, reason }) => `\n재지 못했습니다: ${measure}: ${reason}\n`),
    aborted ? `\n${stopping.signal.reason} 수신 - 여기까지 재고 멈췄습니다\n` : '',
  ].join('');
}

function parse() {
  try {
    return parseArgs({
      options: {
        quick: { type: 'boolean', default: false },
        only: { type: 'string', multiple: true },
        json: { type: 'string' },
        worker: { type: 'string', default: join(ROOT, 'dist', 'main.js') },
      },
    });
  } catch {
    return fail('사용법: npm run bench -- [--quick] [--only 이름]… [--json 파일] [--worker main.js]');
  }
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
