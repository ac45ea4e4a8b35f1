import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { reportCommand } from '../../../report/command.js';
import { readRun } from '../../../report/load.js';
import { runCommand } from '../../helpers/commands.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, ROOT } from '../../helpers/processes.js';
import { ME } from '../../helpers/records.js';
import { DayMaker, HOUR } from '../../helpers/report-days/report-day-maker.js';
import { writeDay } from '../../helpers/report-days/report-days.js';

const START = Date.UTC(2026, 10, 23, 5);

/** Folders of their own, and the command as if it had been typed there. */
function place(t: TestContext) {
  const [outputDir, logDir] = [temporaryFolder(t), temporaryFolder(t)];
  const env = { ...cleanEnvironment(), OUTPUT_DIR: outputDir, LOG_DIR: logDir };
  const run = (...argv: string[]) =>
    runCommand(reportCommand, argv, { root: ROOT, env, typedIn: logDir, now: START + 48 * HOUR });
  /** The short form of a report that was made. */
  const command = async (...argv: string[]) => {
    const { code, stdout, stderr } = await run(...argv);
    assert.deepEqual([code, stderr], [0, '']);
    return stdout;
  };
  /** What a report that was not made is answered with. */
  const refusal = async (...argv: string[]) => {
    const { code, stdout, stderr } = await run(...argv);
    assert.deepEqual([code, stdout], [2, '']);
    return stderr;
  };
  return { outputDir, logDir, env, command, refusal };
}

function aDay(start = START, stories = 1) {
  const maker = new DayMaker({ start, seed: start % 1000 });
  for (let n = 0; n < stories; n++) maker.story();
  return maker.end('count', true).day;
}

test('without options the report is about the newest run, and goes to the log folder', async (t) => {
  const { outputDir, logDir, command } = place(t);
  writeDay(outputDir, aDay(START, 1));
  const newer = aDay(START + HOUR, 2);
  writeDay(outputDir, newer);
  const before = readdirSync(outputDir);
  const text = await command();
  const path = join(logDir, `report_${newer.runId}.html`);
  assert.match(text, /소설 2편을 모두 썼습니다/);
  assert.ok(text.endsWith(`${path}\n`));
  assert.match(readFileSync(path, 'utf8'), /^<!doctype html>[\s\S]*<\/html>\n$/);
  assert.deepEqual(readdirSync(outputDir), before);
});

test('--run takes an id or a part of it, --output another path', async (t) => {
  const { outputDir, logDir, command } = place(t);
  const [first, second] = [aDay(START, 1), aDay(START + HOUR, 2)];
  for (const day of [first, second]) writeDay(outputDir, day);
  assert.match(await command('--run', first.runId), /소설 1편을/);
  await command('--run', first.runId.slice(4, 21), '--output', 'sub/first.html');
  const page = readFileSync(join(logDir, 'sub', 'first.html'), 'utf8');
  assert.ok(page.includes(first.runId));
  assert.ok(page.includes('소설 1편을 모두 썼습니다'));
});

test('--run with no match, or several, is refused with the ids to choose from', async (t) => {
  const { outputDir, refusal } = place(t);
  assert.match(await refusal(), /^아직 실행이 없습니다/);
  for (const start of [START, START + HOUR]) writeDay(outputDir, aDay(start));
  assert.match(await refusal('--run', 'nothing'), /"nothing"에 맞는 실행이 없습니다\. 실행: run_/);
  assert.match(await refusal('--run', 'run_2026'), /맞는 실행이 여럿입니다/);
});

test('a wrong command line is answered with the mistake', async (t) => {
  const { refusal, command } = place(t);
  assert.match(await refusal('--runn', 'x'), /알 수 없는 옵션: --runn\. 혹시 --run인가요\?/);
  assert.match(await refusal('--run'), /--run에 값이 필요합니다/);
  assert.match(await refusal('--run', ''), /--run에 값이 필요합니다/);
  assert.match(await refusal('--output', ''), /--output에 값이 필요합니다/);
  assert.match(await refusal('stray'), /옵션이 아닌 값은 받지 않습니다: "stray"/);
  assert.match(await command('--help'), /^사용법: npm run report/);
});

test('a newest ledger that cannot be read is skipped with a notice', async (t) => {
  const { outputDir, command } = place(t);
  writeDay(outputDir, aDay());
  writeFileSync(join(outputDir, '.runs', 'run_29990101000000000_ffffff.jsonl'), '{"type":"be');
  assert.match(await command(), /더 새로운 장부를 읽을 수 없어 건너뛰었습니다/);
});

test('a run whose process is alive is in progress, and its timeline goes up to now', async (t) => {
  const { outputDir, command } = place(t);
  const maker = new DayMaker({ start: START });
  maker.story();
  const [begin] = maker.day.records;
  Object.assign(begin ?? {}, { owner: ME });
  writeDay(outputDir, maker.day);
  assert.equal((await readRun(outputDir, null)).isAlive, true);
  assert.match(await command(), /^진행 중입니다 - 48시간째, 지금까지 소설 1편\n/);
});

test('stories whose metadata is missing or damaged are counted as missing', async (t) => {
  const { outputDir, command } = place(t);
  const day = aDay(START, 3);
  writeDay(outputDir, day);
  const [gone, torn] = [...day.stories.keys()];
  writeFileSync(join(outputDir, `${gone}_metadata.json`), '{"title": ');
  writeFileSync(join(outputDir, `${torn}_metadata.json`), '[]');
  assert.match(await command(), /소설 3편을[\s\S]*소설 2편의 파일이 폴더에 없습니다/);
});

test('a page that cannot be written is an error that names the path', async (t) => {
  const { outputDir, logDir, refusal } = place(t);
  writeDay(outputDir, aDay());
  mkdirSync(join(logDir, 'folder.html'));
  assert.match(await refusal('--output', 'folder.html'), /^보고서를 쓸 수 없습니다: .*folder\.html \(EISDIR\)\n$/);
});
