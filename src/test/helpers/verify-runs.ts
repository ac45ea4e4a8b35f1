import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, type TestContext } from 'node:test';
import type { RawValues } from '../../config/load.js';
import type { LedgerRecord } from '../../run/ledger.js';
import { checksum } from '../../store/story-store.js';
import type { CheckCode, CheckResult, CheckStatus } from '../../verify/catalog.js';
import { type Verification, type VerifyOptions, verify } from '../../verify/verify.js';
import { temporaryFolder } from './fakes.js';
import { logOf } from './log-maker.js';
import { cleanEnvironment, ROOT } from './processes.js';
import type { DayMaker } from './report-days/report-day-maker.js';
import { writeDay } from './report-days/report-days.js';

// Runs to verify: those of the real worker, made-up ones, and ways to damage them.

/** The two folders of a run. */
export interface RunFolders {
  outputDir: string;
  logDir: string;
}

/** Two folders for all tests of a file, which are removed after the last of them. */
export function sharedFolders(): RunFolders {
  const folder = mkdtempSync(join(tmpdir(), 'horror-'));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return { outputDir: join(folder, 'stories'), logDir: join(folder, 'logs') };
}

/** Two folders for one test. */
export const emptyFolders = (t: TestContext): RunFolders => ({
  outputDir: temporaryFolder(t),
  logDir: temporaryFolder(t),
});

/** Writes a made-up run as a worker with these settings leaves it: stories, ledger and log. */
export function writeRun(
  { outputDir, logDir }: RunFolders,
  { day }: Pick<DayMaker, 'day'>,
  settings: RawValues = {},
): void {
  writeDay(outputDir, day);
  mkdirSync(logDir, { recursive: true });
  const lines = logOf(day.records, settings).map((record) => `${JSON.stringify(record)}\n`);
  writeFileSync(join(logDir, 'horror_story_worker.2026-11-23.1.log'), lines.join(''), { flag: 'a' });
}

/** A run of the real worker with the built-in author, to its end. */
export async function runWorker(
  { outputDir, logDir }: RunFolders,
  flags: readonly string[],
  env: Record<string, string> = {},
): Promise<void> {
  const child = spawn(process.execPath, ['dist/main.js', ...flags], {
    cwd: ROOT,
    env: {
      ...cleanEnvironment(),
      OUTPUT_DIR: outputDir,
      LOG_DIR: logDir,
      OFFLINE_CHARACTERS_PER_SECOND: '0',
      ...env,
    },
    stdio: 'ignore',
  });
  const code = await new Promise((resolve, reject) => child.on('error', reject).on('close', resolve));
  assert.equal(code, 0);
}

/** A copy to damage. */
export function copyOf(t: TestContext, { outputDir, logDir }: RunFolders): RunFolders {
  const copy = { outputDir: temporaryFolder(t), logDir: temporaryFolder(t) };
  cpSync(outputDir, copy.outputDir, { recursive: true });
  cpSync(logDir, copy.logDir, { recursive: true });
  return copy;
}

/** Verifies the newest run, unless the options select another. */
export function verifyRun(
  { outputDir, logDir }: RunFolders,
  options: Partial<VerifyOptions> = {},
): Promise<Verification> {
  const now = Date.now;
  return verify({ folder: outputDir, logDir, logKeepFiles: 30, secrets: [], which: 'newest', now, ...options });
}

export function checksOf({ sections }: Verification): CheckResult[] {
  return sections.flatMap(({ checks }) => checks);
}

/** The codes of all checks with this status, each once. */
export function codesWith(found: Verification, status: CheckStatus): CheckCode[] {
  const codes = checksOf(found).flatMap((check) => (check.status === status ? [check.code] : []));
  return [...new Set(codes)].sort();
}

export function checkOf(found: Verification, code: CheckCode): CheckResult {
  const check = checksOf(found).find((each) => each.code === code);
  assert.ok(check, code);
  return check;
}

/** All failed checks, for a message. */
export function describeFailures(found: Verification): string {
  const failed = checksOf(found).filter(({ status }) => status === 'fail');
  return failed.map(({ code, figure, places }) => `${code}: ${figure} ${JSON.stringify(places)}`).join('\n');
}

/** Verifies, and asserts that no check fails. */
export async function assertPasses(folders: RunFolders, options: Partial<VerifyOptions> = {}): Promise<Verification> {
  const found = await verifyRun(folders, options);
  assert.deepEqual(codesWith(found, 'fail'), [], describeFailures(found));
  return found;
}

type Metadata = Record<string, unknown>;

/** The names of the stories in their order. */
export function storiesOf({ outputDir }: RunFolders): string[] {
  const names = readdirSync(outputDir).flatMap((file) => /^(horror_story_.*)_metadata\.json$/.exec(file)?.[1] ?? []);
  return names.sort((a, b) => Number(metadataOf(outputDir, a).sequence) - Number(metadataOf(outputDir, b).sequence));
}

/** The name of the story with that number. */
export function storyName(folders: RunFolders, sequence: number): string {
  const name = storiesOf(folders)[sequence - 1];
  assert.ok(name, `${sequence}`);
  return name;
}

export const markdownPath = ({ outputDir }: RunFolders, name: string) => join(outputDir, `${name}.md`);
export const metadataPath = ({ outputDir }: RunFolders, name: string) => join(outputDir, `${name}_metadata.json`);

function metadataOf(outputDir: string, name: string): Metadata {
  return JSON.parse(readFileSync(join(outputDir, `${name}_metadata.json`), 'utf8')) as Metadata;
}

export function editMetadata(folders: RunFolders, name: string, change: (metadata: Metadata) => Metadata): void {
  const changed = change(metadataOf(folders.outputDir, name));
  writeFileSync(metadataPath(folders, name), `${JSON.stringify(changed, null, 2)}\n`);
}

/** Changes a text, and in its metadata the checksum and the given fields. */
export function rewrite(
  folders: RunFolders,
  name: string,
  change: (markdown: string) => string,
  fields: Metadata = {},
): void {
  const markdown = change(readFileSync(markdownPath(folders, name), 'utf8'));
  writeFileSync(markdownPath(folders, name), markdown);
  const sha256 = checksum(markdown);
  editMetadata(folders, name, (metadata) => ({ ...metadata, ...fields, sha256 }));
}

/** The ids of all runs, oldest first. */
export function runsOf({ outputDir }: RunFolders): string[] {
  return readdirSync(join(outputDir, '.runs'))
    .flatMap((file) => /^(.*)\.jsonl$/.exec(file)?.[1] ?? [])
    .sort();
}

/** Changes the ledger of the newest run. */
export function editLedger(folders: RunFolders, change: (records: LedgerRecord[]) => LedgerRecord[]): void {
  const path = join(folders.outputDir, '.runs', `${runsOf(folders).at(-1)}.jsonl`);
  const records = linesOf(path).map((line) => JSON.parse(line) as LedgerRecord);
  writeFileSync(
    path,
    change(records)
      .map((record) => `${JSON.stringify(record)}\n`)
      .join(''),
  );
}

/** Changes the lines of the newest log file. */
export function editLog({ logDir }: RunFolders, change: (lines: string[]) => string[]): void {
  const file = readdirSync(logDir).sort().at(-1);
  assert.ok(file);
  const path = join(logDir, file);
  writeFileSync(
    path,
    change(linesOf(path))
      .map((line) => `${line}\n`)
      .join(''),
  );
}

/** Changes the records of one event in the log; null removes one. */
export function editEvent(folders: RunFolders, event: string, change: (record: Metadata) => Metadata | null): void {
  editLog(folders, (lines) =>
    lines.flatMap((line) => {
      const record = JSON.parse(line) as Metadata;
      const changed = record.event === event ? change(record) : record;
      return changed === null ? [] : [JSON.stringify(changed)];
    }),
  );
}

function linesOf(path: string): string[] {
  return readFileSync(path, 'utf8')
    .split('\n')
    .filter((line) => line !== '');
}
