import { loadConfig } from '../config/load.js';
import { defineCommand, UsageError } from '../lib/command-line.js';
import { isSystemError } from '../lib/files.js';
import { exitCodeFor, toJson, toText } from './output.js';
import { VerifyError, type VerifyOptions, verify } from './verify.js';

/** `npm run verify`: checks runs of the folders that the worker's settings name. Changes nothing. */
export const verifyCommand = defineCommand({
  usage: `사용법: npm run verify                    가장 최근 실행을 확인
        npm run verify -- --run 이름      한 실행을 확인 (이름의 일부도 됩니다)
        npm run verify -- --all           폴더의 모든 실행을 확인
        npm run -s verify -- --json       같은 것을 JSON 객체 하나로
종료 코드: 0 모두 통과, 1 통과하지 못한 항목이 있음, 2 옵션·설정이 잘못되었거나 실행이 없음`,
  options: { run: { type: 'string' }, all: { type: 'boolean', default: false }, json: { type: 'boolean' } },
  run: async ({ run, all, json }, { root, env, now, stdout }) => {
    const which = selectionOf(run, all);
    const { config } = loadConfig({ root, env, flags: {} });
    const verification = await verifyReadable({
      folder: config.outputDir,
      logDir: config.logDir,
      logKeepFiles: config.logKeepFiles,
      secrets: [config.anthropicApiKey, config.anthropicAuthToken].flatMap((secret) => secret?.reveal() ?? []),
      which,
      now,
    });
    stdout.write(json ? `${JSON.stringify(toJson(verification), null, 2)}\n` : toText(verification));
    return exitCodeFor(verification);
  },
});

/** @throws UsageError */
function selectionOf(run: string | undefined, all: boolean): VerifyOptions['which'] {
  if (run === '') throw new UsageError('--run에 값이 필요합니다');
  if (run !== undefined && all) throw new UsageError('--run과 --all은 함께 쓸 수 없습니다');
  if (run !== undefined) return { run };
  return all ? 'all' : 'newest';
}

/** A file that cannot be read is a mistake of the user: without it, no check can pass. */
async function verifyReadable(options: VerifyOptions) {
  try {
    return await verify(options);
  } catch (error) {
    if (!isSystemError(error)) throw error;
    throw new VerifyError(error.message, { cause: error });
  }
}
