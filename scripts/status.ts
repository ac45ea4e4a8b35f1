import { loadConfig } from '../src/config/load.js';
import { defineCommand, runScript } from '../src/lib/command-line.js';
import { UserError } from '../src/lib/errors.js';
import { describeStatus } from '../src/observe/status.js';
import { readStatuses } from '../src/observe/status-file.js';

// npm run status [-- --json]: what the active runs are doing, or how the last run ended. Changes nothing.

const status = defineCommand({
  usage: `사용법: npm run status                         진행 중인 실행, 없으면 마지막 실행의 상태
        npm run status -- --json               같은 것을 JSON 배열로
        npm run status -- --output-dir 폴더    다른 소설 폴더의 상태`,
  options: { json: { type: 'boolean' }, 'output-dir': { type: 'string' } },
  run: async ({ json, 'output-dir': outputDir }, { root, env, now, stdout }) => {
    const flags = outputDir === undefined ? {} : { outputDir };
    const folder = loadConfig({ root, env, flags }).config.outputDir;
    const statuses = await readStatuses(folder);
    if (statuses.length === 0) throw new UserError(`실행 기록이 없습니다: ${folder}`);
    const at = now();
    const texts = statuses.map((each) => describeStatus(each, at));
    stdout.write(`${json ? JSON.stringify(statuses, null, 2) : texts.join('\n\n')}\n`);
  },
});

await runScript(status, process);
