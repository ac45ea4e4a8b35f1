import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.js';
import { ExitCode, UserError } from '../lib/errors.js';
import { exitCodeFor, toJson, toText } from './output.js';
import { type VerifyOptions, verify } from './verify.js';

export const USAGE = `사용법: npm run verify                    가장 최근 실행을 확인
        npm run verify -- --run 이름      한 실행을 확인 (이름의 일부도 됩니다)
        npm run verify -- --all           폴더의 모든 실행을 확인
        npm run -s verify -- --json       같은 것을 JSON 객체 하나로
종료 코드: 0 모두 지켜짐, 1 지켜지지 않은 것이 있음, 2 옵션·설정이 잘못되었거나 실행이 없음
`;

export interface VerifyCommand {
  argv: readonly string[];
  /** The project's folder. */
  root: string;
  env: NodeJS.ProcessEnv;
  now: () => number;
  print: (text: string) => void;
  complain: (text: string) => void;
}

/**
 * The command: which runs, of the folders that the worker's settings name.
 * @returns the exit code
 */
export async function runVerify({ argv, root, env, now, print, complain }: VerifyCommand): Promise<number> {
  const asked = parse(argv);
  if (asked === null) {
    complain(USAGE);
    return ExitCode.usage;
  }
  if (asked.help) {
    print(USAGE);
    return 0;
  }
  try {
    const { config } = loadConfig({ root, env, flags: {} });
    const found = await verify({
      folder: config.outputDir,
      logDir: config.logDir,
      logKeepFiles: config.logKeepFiles,
      secrets: [config.anthropicApiKey, config.anthropicAuthToken].flatMap((secret) => secret?.reveal() ?? []),
      which: asked.which,
      now,
    });
    print(asked.json ? `${JSON.stringify(toJson(found), null, 2)}\n` : toText(found));
    return exitCodeFor(found);
  } catch (error) {
    // What cannot be read cannot be vouched for.
    if (!(error instanceof UserError) && typeof (error as NodeJS.ErrnoException).code !== 'string') throw error;
    complain(`${(error as Error).message}\n`);
    return ExitCode.usage;
  }
}

function parse(argv: readonly string[]): { which: VerifyOptions['which']; json: boolean; help: boolean } | null {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: {
        run: { type: 'string' },
        all: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h', default: false },
      },
    });
    const { run, all, json, help } = values;
    if (run === '' || (run !== undefined && all)) return null;
    return { which: run !== undefined ? { run } : all ? 'all' : 'newest', json, help };
  } catch {
    return null;
  }
}
