import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { loadConfig } from '../config/load.js';
import { defineCommand, UsageError } from '../lib/command-line.js';
import { isSystemError } from '../lib/files.js';
import type { AxisCards } from '../prompt/cards.js';
import { CardFileError, readCards } from '../prompt/read-cards.js';
import { setAsideFolder } from '../store/story-store.js';
import { toPage } from './html/page.js';
import { ReportError, readRun } from './load.js';
import { toReport } from './model/report.js';
import { toText } from './text.js';

/** `npm run report`: writes the report of a run as an HTML page, and prints its short form. */
export const reportCommand = defineCommand({
  usage: `사용법: npm run report                       가장 새로운 실행의 보고서
        npm run report -- --run 이름         그 실행의 보고서 (이름의 일부도 됩니다)
        npm run report -- --output 파일      다른 곳에 쓰기 (생략하면 로그 폴더)`,
  options: { run: { type: 'string' }, output: { type: 'string' } },
  run: async ({ run, output }, { root, typedIn, env, now, stdout }) => {
    if (run === '') throw new UsageError('--run에 값이 필요합니다');
    if (output === '') throw new UsageError('--output에 값이 필요합니다');
    const { config } = loadConfig({ root, env, flags: {} });
    const disk = await readRun(config.outputDir, run ?? null);
    const path = output === undefined ? join(config.logDir, fileNameOf(disk.ledger.begin)) : resolve(typedIn, output);
    const report = toReport(disk, {
      now: now(),
      caps: { tokens: config.maxTokensTotal, costUsd: config.maxCostUsd },
      maxLikeness: config.maxLikeness,
      axes: readAxes(join(root, 'config', 'premises')),
    });
    const paths = { output: path, storyFolder: config.outputDir, setAsideFolder: setAsideFolder(config.outputDir) };
    await writePage(path, toPage(report, paths));
    stdout.write(toText(report, path));
  },
});

function fileNameOf({ run_id }: { run_id: string }): string {
  return `report_${run_id}.html`;
}

/** The axes with their cards; null when they cannot be read, and the report then shows the cards that stories name. */
function readAxes(folder: string): AxisCards[] | null {
  try {
    return readCards(folder);
  } catch (error) {
    if (error instanceof CardFileError) return null;
    throw error;
  }
}

/** @throws ReportError */
async function writePage(path: string, page: string): Promise<void> {
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, page);
  } catch (cause) {
    if (!isSystemError(cause)) throw cause;
    throw new ReportError(`보고서를 쓸 수 없습니다: ${path} (${cause.code})`, { cause });
  }
}
