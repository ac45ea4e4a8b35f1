import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { cpSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { createTexts } from '../../../../scripts/bench/sample-texts.js';
import { ledgerPath, readLedger } from '../../../run/ledger.js';
import { replay } from '../../../run/run.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, endpointFor, ROOT, settingsFor, startWorker } from '../../helpers/processes.js';

// A folder that version 1.0.0 left in the middle of a run; see src/test/fixtures/README.md.

const FIXTURE = join(ROOT, 'src', 'test', 'fixtures', 'folder-1.0.0');
const FIXTURE_STORIES = join(FIXTURE, 'generated_stories');
const RUN = 'run_20261129021731195_b0576b';
/** The part of the story that was being written when the worker was killed. */
const STAGED_PART = 'horror_story_20261129_021732_aec9ae99';
const PRICES = { PRICE_INPUT_USD: '2', PRICE_OUTPUT_USD: '10' };

interface Folders {
  outputDir: string;
  logDir: string;
}

function copyFixture(t: TestContext): Folders {
  const folder = temporaryFolder(t);
  cpSync(FIXTURE, folder, { recursive: true });
  return { outputDir: join(folder, 'generated_stories'), logDir: join(folder, 'logs') };
}

/** Runs a command of the project on the folders. */
function run(script: string, { outputDir, logDir }: Folders, args: readonly string[]) {
  return new Promise<{ code: number; stdout: string }>((resolve) => {
    const child = execFile(
      process.execPath,
      ['--import', 'tsx', `scripts/${script}.ts`, ...args],
      { cwd: ROOT, env: { ...cleanEnvironment(), OUTPUT_DIR: outputDir, LOG_DIR: logDir } },
      (_failed, stdout) => resolve({ code: child.exitCode ?? -1, stdout }),
    );
  });
}

const fixtureFile = (name: string) => readFileSync(join(FIXTURE_STORIES, name));

interface Verified {
  ok: boolean;
  sections: { run: string | null; checks: { code: string; status: string }[] }[];
}

test('the worker resumes a run of version 1.0.0: its id, its totals, its deck', async (t) => {
  const { outputDir, logDir } = copyFixture(t);
  const textAt = createTexts();
  const endpoint = await endpointFor(t, (_, index) => ({
    content: [{ type: 'text', text: textAt(index) }],
    usage: { input_tokens: 1000, output_tokens: 2000 },
  }));
  const flags = ['--max-stories', '4', '--resume'];
  const worker = startWorker(t, { flags, env: { ...settingsFor(endpoint), ...PRICES }, outputDir, logDir });
  assert.deepEqual(await worker.exited, { code: 0, signal: null });

  const ledger = readLedger(ledgerPath(outputDir, RUN));
  assert.ok(ledger !== null && ledger.unreadable === 0);
  const { statistics, epoch, resumes, over, open, parts } = replay(ledger);
  assert.deepEqual({ epoch, resumes, over, open, parts }, { epoch: 2, resumes: 1, over: true, open: [], parts: [] });
  const before = readFileSync(ledgerPath(FIXTURE_STORIES, RUN), 'utf8');
  assert.ok(readFileSync(ledgerPath(outputDir, RUN), 'utf8').startsWith(before), 'nothing of the ledger is rewritten');

  // 43,840 tokens and $0.3824 of 1.0.0, and two calls of 3,000 tokens.
  const { stories, lostCalls, tokens, costUsd } = statistics;
  assert.deepEqual([stories, lostCalls, tokens.total_tokens], [4, 1, 49_840]);
  assert.equal(costUsd?.toFixed(4), '0.4264');

  const final = worker.records().at(-1);
  assert.equal(final?.event, 'run_finished');
  assert.equal(final?.run_id, RUN);
  const sequences = worker
    .records()
    .filter(({ event }) => event === 'story_saved')
    .map(({ sequence }) => sequence);
  assert.deepEqual(sequences, [1, 2, 1, 2, 3, 4]);

  await t.test('what was saved is as it was, and the staged part is set aside', () => {
    const saved = readdirSync(FIXTURE_STORIES).filter((name) => name.startsWith('horror_story'));
    assert.equal(saved.length, 8);
    for (const name of saved) assert.deepEqual(readFileSync(join(outputDir, name)), fixtureFile(name), name);
    assert.equal(readdirSync(outputDir).filter((name) => name.endsWith('.md')).length, 6);
    assert.ok(readdirSync(join(outputDir, '.set-aside')).includes(`${STAGED_PART}.md`));
  });

  await t.test('the deck and the similarity index go on where they were', () => {
    for (const [name, lines] of [
      ['.deck.jsonl', 2],
      ['.likeness', 2],
    ] as const) {
      const text = readFileSync(join(outputDir, name), 'utf8');
      const old = fixtureFile(name).toString('utf8');
      assert.ok(text.startsWith(old), name);
      assert.equal(text.slice(old.length).trimEnd().split('\n').length, lines, name);
    }
    const draws = readFileSync(join(outputDir, '.deck.jsonl'), 'utf8').trimEnd().split('\n');
    const cards = draws.flatMap((line) => {
      const { premise } = JSON.parse(line) as { premise: Record<string, string> };
      return Object.entries(premise).map(([axis, card]) => `${axis}/${card}`);
    });
    assert.equal(new Set(cards).size, cards.length, 'no card comes back before its axis is used up');
  });

  await t.test('verify finds nothing wrong', async () => {
    const { code, stdout } = await run('verify', { outputDir, logDir }, ['--all', '--json']);
    assert.equal(code, 0, stdout);
  });
});

test('verify finds in a folder of version 1.0.0 what version 1.0.0 found', async (t) => {
  const { code, stdout } = await run('verify', copyFixture(t), ['--all', '--json']);
  const expected = JSON.parse(readFileSync(join(FIXTURE, 'verify.json'), 'utf8')) as {
    ok: boolean;
    sections: { run: string | null; checks: Record<string, string> }[];
  };
  const { ok, sections } = JSON.parse(stdout) as Verified;
  assert.deepEqual({ code, ok }, { code: 1, ok: expected.ok });
  assert.deepEqual(
    sections.map((section) => section.run),
    expected.sections.map((section) => section.run),
  );
  for (const [at, { run, checks }] of expected.sections.entries()) {
    const found = new Map(sections[at]?.checks.map(({ code, status }) => [code, status]));
    for (const [check, status] of Object.entries(checks)) assert.equal(found.get(check), status, `${run}: ${check}`);
  }
});

test('report tells of a run of version 1.0.0 what its ledger says', async (t) => {
  const folders = copyFixture(t);
  const page = join(folders.logDir, 'report.html');
  const { code, stdout } = await run('report', folders, ['--output', page]);
  assert.equal(code, 0);
  for (const text of [RUN, '2편', '7회', '43,840', '7,000', '36,840', '$0.38']) assert.ok(stdout.includes(text), text);
  const html = readFileSync(page, 'utf8');
  for (const title of ['절하는 사람이 남긴 약봉지', '터널 감시실의 번역 앱', '짧은 글'])
    assert.ok(html.includes(title), title);
});
