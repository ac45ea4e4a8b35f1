import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { loadConfig } from '../src/config/load.js';
import { UserError } from '../src/lib/errors.js';
import { describeStatus } from '../src/observe/status.js';
import { readStatuses } from '../src/observe/status-file.js';

// npm run status [-- --json]: what the runs at work are doing, or how the last one ended. Changes nothing.

const USAGE = `사용법: npm run status                         진행 중인 실행, 없으면 마지막 실행의 상태
        npm run status -- --json               같은 것을 JSON 배열로
        npm run status -- --output-dir 폴더    다른 소설 폴더의 상태
`;

process.exitCode = await main(process.argv.slice(2));

/** @returns the exit code */
async function main(args: string[]): Promise<number> {
  try {
    const { values } = parseArgs({ args, options: { json: { type: 'boolean' }, 'output-dir': { type: 'string' } } });
    const outputDir = values['output-dir'];
    const root = fileURLToPath(new URL('..', import.meta.url));
    const flags = outputDir === undefined ? {} : { outputDir };
    const folder = loadConfig({ root, env: process.env, flags }).config.outputDir;
    const statuses = await readStatuses(folder);
    if (statuses.length === 0) return complain(`실행 기록이 없습니다: ${folder}\n`);
    const now = Date.now();
    const texts = statuses.map((status) => describeStatus(status, now));
    process.stdout.write(`${values.json ? JSON.stringify(statuses, null, 2) : texts.join('\n\n')}\n`);
    return 0;
  } catch (error) {
    if (error instanceof UserError) return complain(`${error.message}\n`);
    if (String((error as NodeJS.ErrnoException).code).startsWith('ERR_PARSE_ARGS')) return complain(USAGE);
    throw error;
  }
}

function complain(text: string): number {
  process.stderr.write(text);
  return 2;
}
