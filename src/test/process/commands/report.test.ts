import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, ROOT } from '../../helpers/processes.js';
import { DayMaker } from '../../helpers/report-days/report-day-maker.js';
import { writeDay } from '../../helpers/report-days/report-days.js';

test('npm run report ends with 0, or with 2 and a line that says why', { timeout: 60_000 }, async (t) => {
  const [outputDir, logDir] = [temporaryFolder(t), temporaryFolder(t)];
  const env = { ...cleanEnvironment(), OUTPUT_DIR: outputDir, LOG_DIR: logDir };
  const run = (...args: string[]) =>
    promisify(execFile)(process.execPath, ['--import', 'tsx', 'scripts/report.ts', ...args], { cwd: ROOT, env });
  const maker = new DayMaker();
  maker.story();
  writeDay(outputDir, maker.end('count', true).day);
  const [done] = await Promise.all([
    run('--output', join(logDir, 'r.html')),
    assert.rejects(run('--run', 'nothing'), { code: 2, stderr: /^"nothing"에 맞는 실행이 없습니다.*\n$/ }),
  ]);
  assert.match(done.stdout, /소설 1편을 모두 썼습니다/);
  assert.ok(existsSync(join(logDir, 'r.html')));
});
