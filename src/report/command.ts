import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { loadConfig } from '../config/load.js';
import { type AxisCards, CardFileError, readCards } from '../prompt/cards.js';
import { setAsideFolder } from '../store/story-store.js';
import { toPage } from './html/page.js';
import { ReportError, readRun } from './load.js';
import { toReport } from './model/report.js';
import { toText } from './text.js';

const USAGE = `사용법: npm run report                       가장 새로운 실행의 보고서
        npm run report -- --run 이름         그 실행의 보고서 (이름의 일부도 됩니다)
        npm run report -- --output 파일      다른 곳에 쓰기 (생략하면 로그 폴더)`;

/** What the command needs of the process. */
export interface ReportCommand {
  /** Without node and the script. */
  argv: readonly string[];
  /** The project's folder: settings and their paths start there. */
  root: string;
  env: NodeJS.ProcessEnv;
  /** Where the user typed the command: a path that they give starts there. */
  typedIn: string;
  /** Milliseconds since the epoch. */
  now: number;
}

/**
 * Writes the report of a run.
 * @returns its short form, for the terminal
 * @throws UserError when there is no such run, a setting is wrong, or the page cannot be written
 */
export async function report({ argv, root, env, typedIn, now }: ReportCommand): Promise<string> {
  const { run, output } = parse(argv);
  const { config } = loadConfig({ root, env, flags: {} });
  const disk = await readRun(config.outputDir, run);
  const path =
    output === null ? join(config.logDir, `report_${disk.ledger.begin.run_id}.html`) : resolve(typedIn, output);
  const reportOnRun = toReport(disk, {
    now,
    caps: { tokens: config.maxTokensTotal, costUsd: config.maxCostUsd },
    maxLikeness: config.maxLikeness,
    axes: cardsIn(join(root, 'config', 'premises')),
  });
  const paths = { output: path, storyFolder: config.outputDir, setAsideFolder: setAsideFolder(config.outputDir) };
  await write(path, toPage(reportOnRun, paths));
  return toText(reportOnRun, path);
}

function parse(argv: readonly string[]): { run: string | null; output: string | null } {
  try {
    const { values } = parseArgs({
      args: [...argv],
      options: { run: { type: 'string' }, output: { type: 'string' } },
      strict: true,
      allowPositionals: false,
    });
    if (values.run !== '' && values.output !== '') return { run: values.run ?? null, output: values.output ?? null };
  } catch (cause) {
    throw new ReportError(USAGE, { cause });
  }
  throw new ReportError(USAGE);
}

/** Without its cards a report has their texts from the stories, and does not know how many there are. */
function cardsIn(folder: string): AxisCards[] | null {
  try {
    return readCards(folder);
  } catch (error) {
    if (error instanceof CardFileError) return null;
    throw error;
  }
}

async function write(path: string, page: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, page);
  } catch (cause) {
    throw new ReportError(`보고서를 쓸 수 없습니다: ${path} (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
