import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { before, describe, test } from 'node:test';
import type { LedgerRecord } from '../../../run/ledger.js';
import { newName } from '../../../store/story-store.js';
import type { CheckCode } from '../../../verify/catalog.js';
import { DayMaker } from '../../helpers/report-days/report-day-maker.js';
import {
  assertPasses,
  checkOf,
  codesWith,
  copyOf,
  describeFailures,
  editEvent,
  editLedger,
  editLog,
  editMetadata,
  markdownPath,
  metadataPath,
  type RunFolders,
  rewrite,
  runsOf,
  sharedFolders,
  storyName,
  verifyRun,
  writeRun,
} from '../../helpers/verify-runs.js';

// One run, damaged in one way after another. Each damage has to be noticed, and by the check that names it.

const HOUR = 3_600_000;

const base = sharedFolders();

/** Four stories, each long enough for the log to show its progress, and close enough for a lost one to leave no gap. */
before(() => {
  const maker = new DayMaker();
  for (let n = 0; n < 4; n++) {
    maker.story({ ms: 2000 });
    if (n < 3) maker.wait(10);
  }
  maker.end('count', true);
  writeRun(base, maker, { maxStories: 4, durationSeconds: 3600, intervalSeconds: 0.01, heartbeatSeconds: 0.5 });
});

const isStory = (record: LedgerRecord) => record.type === 'outcome' && record.kind === 'story';

/** Lets everything from the n-th story on happen so much later, in milliseconds, as if the machine had slept. */
function sleepBefore(run: RunFolders, n: number, ms: number): void {
  let from = Number.POSITIVE_INFINITY;
  editLedger(run, (records) => {
    from = records.filter(isStory)[n - 1]?.at ?? from;
    return records.map((record) => (record.at < from ? record : { ...record, at: record.at + ms }));
  });
  editLog(run, (lines) =>
    lines.map((line) => {
      const record = JSON.parse(line) as { time: string };
      const at = Date.parse(record.time);
      return at < from ? line : JSON.stringify({ ...record, time: new Date(at + ms).toISOString() });
    }),
  );
}

const cutInHalf = (markdown: string) => {
  const body = markdown.indexOf('\n# ');
  return `${markdown.slice(0, body + Math.floor((markdown.length - body) / 2)).trimEnd()} 그리고\n`;
};

/** The facts of a text that was changed, so that nothing but the text itself gives it away. */
function fitting(folders: RunFolders, name: string, change: (markdown: string) => string): void {
  const changed = change(readFileSync(markdownPath(folders, name), 'utf8'));
  const text = /\n---\n\n([\s\S]*)\n$/.exec(changed)?.[1] ?? '';
  const characters = [...text].length;
  rewrite(folders, name, () => changed.replace(/^wordCount: .*$/m, `wordCount: ${characters}`), {
    word_count: characters,
  });
}

const FOREIGN = '2026-11-23 14:30:05 INFO worker: something else';

interface Defect {
  title: string;
  damage: (folders: RunFolders) => void;
  /** All that fails of it, and nothing else. */
  noticed: CheckCode[];
}

const DEFECTS: Defect[] = [
  {
    title: 'a story without its metadata',
    damage: (run) => rmSync(metadataPath(run, storyName(run, 2))),
    noticed: ['folder_pairs', 'ledger_texts', 'pairs', 'sequence', 'totals'],
  },
  {
    title: 'metadata without its story',
    damage: (run) => rmSync(markdownPath(run, storyName(run, 2))),
    noticed: ['folder_pairs', 'ledger_texts', 'pairs', 'sequence', 'totals'],
  },
  {
    title: 'a story that is gone with its metadata',
    damage: (run) => {
      const last = storyName(run, 4);
      rmSync(markdownPath(run, last));
      rmSync(metadataPath(run, last));
    },
    noticed: ['ledger_texts', 'totals'],
  },
  {
    title: 'metadata that is no JSON',
    damage: (run) => writeFileSync(metadataPath(run, storyName(run, 1)), '{"title": '),
    noticed: ['folder_pairs', 'ledger_texts', 'pairs', 'sequence', 'totals'],
  },
  {
    title: 'a flipped byte in a story',
    damage: (run) => {
      const path = markdownPath(run, storyName(run, 2));
      const bytes = readFileSync(path);
      // A full stop, so that the file stays valid UTF-8.
      const at = bytes.lastIndexOf('.');
      bytes[at] = '!'.charCodeAt(0);
      writeFileSync(path, bytes);
    },
    noticed: ['checksums'],
  },
  {
    title: 'a story that was cut in half, everything else made to fit',
    damage: (run) => fitting(run, storyName(run, 3), cutInHalf),
    noticed: ['whole_stories'],
  },
  {
    title: 'a story that begins with talk, everything else made to fit',
    damage: (run) =>
      fitting(run, storyName(run, 3), (text) => text.replace('\n# ', '\n물론입니다! 소설을 써 드리겠습니다.\n\n# ')),
    noticed: ['whole_stories'],
  },
  {
    title: 'a story under two names',
    damage: (run) => {
      const [from, to] = [storyName(run, 2), newName(Date.now())];
      copyFileSync(markdownPath(run, from), markdownPath(run, to));
      copyFileSync(metadataPath(run, from), metadataPath(run, to));
    },
    noticed: ['ledger_texts', 'unique_stories'],
  },
  {
    title: "one story in another one's place",
    damage: (run) => {
      const [from, to] = [storyName(run, 2), storyName(run, 3)];
      copyFileSync(markdownPath(run, from), markdownPath(run, to));
      const { sha256, title, description, tags, word_count, generated_at } = JSON.parse(
        readFileSync(metadataPath(run, from), 'utf8'),
      ) as Record<string, unknown>;
      editMetadata(run, to, (own) => ({ ...own, sha256, title, description, tags, word_count, generated_at }));
    },
    noticed: ['unique_stories'],
  },
  {
    title: 'a wrong word count',
    damage: (run) =>
      rewrite(run, storyName(run, 1), (text) => text.replace(/^wordCount: .*$/m, 'wordCount: 9'), { word_count: 9 }),
    noticed: ['word_counts'],
  },
  {
    title: 'another title in the frontmatter',
    damage: (run) => rewrite(run, storyName(run, 1), (text) => text.replace(/^title: .*$/m, 'title: 다른 제목')),
    noticed: ['frontmatter'],
  },
  {
    title: 'another model in the metadata',
    damage: (run) => editMetadata(run, storyName(run, 1), (metadata) => ({ ...metadata, model: 'another-model' })),
    noticed: ['frontmatter'],
  },
  {
    title: 'a key of the contract missing in the metadata',
    damage: (run) => editMetadata(run, storyName(run, 1), ({ template_used: _, ...metadata }) => metadata),
    noticed: ['frontmatter'],
  },
  {
    title: 'a sequence with a gap',
    damage: (run) => editMetadata(run, storyName(run, 4), (metadata) => ({ ...metadata, sequence: 5 })),
    noticed: ['sequence'],
  },
  {
    title: 'half a pair in staging',
    damage: (run) => {
      const staging = join(run.outputDir, '.staging', runsOf(run)[0] ?? '');
      mkdirSync(staging, { recursive: true });
      copyFileSync(markdownPath(run, storyName(run, 1)), join(staging, `${newName(0)}.md`));
    },
    noticed: ['no_partial'],
  },
  {
    title: 'a story of a run that has no ledger',
    damage: (run) => editMetadata(run, storyName(run, 4), (metadata) => ({ ...metadata, run_id: 'run_20200101' })),
    noticed: ['folder_ledgers', 'ledger_texts', 'totals'],
  },
  {
    title: 'a lost line of the ledger: a story',
    damage: (run) => editLedger(run, (records) => records.filter((r) => r !== records.filter(isStory)[1])),
    noticed: ['ledger', 'ledger_texts', 'sequence', 'story_records', 'totals', 'within_limits'],
  },
  {
    title: 'a lost line of the ledger: a call',
    damage: (run) =>
      editLedger(run, (records) => records.filter((record) => record.type !== 'attempt' || record.number !== 2)),
    noticed: ['ledger'],
  },
  {
    title: 'a torn line of the ledger, though nothing was killed',
    damage: (run) => {
      const path = join(run.outputDir, '.runs', `${runsOf(run)[0]}.jsonl`);
      writeFileSync(path, readFileSync(path, 'utf8').replace('\n', '\n{"type":"claim","at":17\n'));
    },
    noticed: ['ledger'],
  },
  {
    title: 'another usage in the metadata',
    damage: (run) =>
      editMetadata(run, storyName(run, 2), (metadata) => ({
        ...metadata,
        usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 },
      })),
    noticed: ['totals', 'usage_matches'],
  },
  {
    title: 'another cost in the metadata',
    damage: (run) => editMetadata(run, storyName(run, 2), (metadata) => ({ ...metadata, cost_usd: 0.5 })),
    noticed: ['totals', 'usage_matches'],
  },
  {
    title: 'a usage that does not add up in the metadata',
    damage: (run) =>
      editMetadata(run, storyName(run, 2), ({ usage, ...metadata }) => ({
        ...metadata,
        usage: { ...(usage as object), total_tokens: 1 },
      })),
    noticed: ['usage_matches'],
  },
  {
    title: 'another usage in the ledger',
    damage: (run) =>
      editLedger(run, (records) =>
        records.map((record) =>
          record === records.filter(isStory)[1]
            ? ({ ...record, usage: { input_tokens: 1, output_tokens: 2, total_tokens: 3 } } as LedgerRecord)
            : record,
        ),
      ),
    noticed: ['totals', 'usage_matches'],
  },
  {
    title: 'a cost that is no number in the metadata, where the ledger has none',
    damage: (run) => {
      editMetadata(run, storyName(run, 2), (metadata) => ({ ...metadata, cost_usd: '0.07' }));
      editLedger(run, (records) =>
        records.map((record) => (record === records.filter(isStory)[1] ? { ...record, cost_usd: null } : record)),
      );
    },
    noticed: ['totals', 'usage_matches'],
  },
  {
    title: 'a story without usage and without a warning',
    damage: (run) => {
      editMetadata(run, storyName(run, 2), (metadata) => ({ ...metadata, usage: null }));
    },
    noticed: ['totals', 'usage_known', 'usage_matches'],
  },
  {
    title: 'no final record',
    damage: (run) => editEvent(run, 'run_finished', () => null),
    noticed: ['final_record'],
  },
  {
    title: 'a final record without its words',
    damage: (run) => editEvent(run, 'run_finished', (record) => ({ ...record, msg: '끝' })),
    noticed: ['final_record'],
  },
  {
    title: 'a record after the final one',
    damage: (run) => editLog(run, (lines) => [...lines, ...lines.slice(-2, -1)]),
    noticed: ['final_is_last'],
  },
  {
    title: 'other totals in the final record',
    damage: (run) =>
      editEvent(run, 'run_finished', ({ tokens, ...record }) => ({
        ...record,
        tokens: { ...(tokens as object), total_tokens: 7 },
      })),
    noticed: ['totals'],
  },
  {
    title: 'other stories in the final record',
    damage: (run) => editEvent(run, 'run_finished', (record) => ({ ...record, stories: 3 })),
    noticed: ['totals'],
  },
  {
    title: 'an exit code that is not that of the contract',
    damage: (run) => editEvent(run, 'run_finished', (record) => ({ ...record, exit_code: 1 })),
    noticed: ['exit_code'],
  },
  {
    title: 'a run that ended because too much failed',
    damage: (run) => {
      editEvent(run, 'run_finished', (record) => ({ ...record, reason: 'exhausted', over: false, exit_code: 1 }));
      editLedger(run, (records) =>
        records.map((record) => (record.type === 'end' ? { ...record, reason: 'exhausted', over: false } : record)),
      );
    },
    noticed: ['ended_as_asked'],
  },
  {
    title: 'an error in the log',
    damage: (run) =>
      editEvent(run, 'waiting', (record) => ({
        ...record,
        level: 'error',
        event: 'unforeseen',
        msg: '예상하지 못한 문제',
      })),
    noticed: ['clean_log'],
  },
  {
    title: 'a traceback in the log',
    damage: (run) => editEvent(run, 'waiting', (record) => ({ ...record, stack: 'Traceback (most recent call last)' })),
    noticed: ['clean_log'],
  },
  {
    title: 'a key in the log',
    damage: (run) => editEvent(run, 'waiting', (record) => ({ ...record, detail: 'sk-ant-api03-abcdefgh12345678' })),
    noticed: ['secrets'],
  },
  {
    title: 'a bearer token in the ledger',
    damage: (run) =>
      editLedger(run, (records) =>
        records.map((record) =>
          record.type === 'begin' ? { ...record, run_name: 'Bearer abcdef.1234567890' } : record,
        ),
      ),
    noticed: ['secrets'],
  },
  {
    title: 'a key in a metadata file',
    damage: (run) =>
      editMetadata(run, storyName(run, 2), (metadata) => ({ ...metadata, custom_request: 'x-api-key: 1234567890' })),
    noticed: ['secrets'],
  },
  {
    title: 'the configured key in a story',
    damage: (run) =>
      fitting(run, storyName(run, 2), (text) => text.replace(/\n$/, `\n\n"${CONFIGURED}" 하고 그가 말했다.\n`)),
    noticed: ['secrets'],
  },
  {
    title: 'the configured key in the deck',
    damage: (run) => writeFileSync(join(run.outputDir, '.deck.jsonl'), `{"id":"${CONFIGURED}"}\n`, { flag: 'a' }),
    noticed: ['secrets'],
  },
  {
    title: 'a gap between two stories that nothing explains',
    damage: (run) => sleepBefore(run, 3, HOUR / 2),
    noticed: ['gaps'],
  },
  {
    title: 'a story that was begun after the deadline',
    damage: (run) => editEvent(run, 'worker_started', withSetting('durationSeconds', 1)),
    noticed: ['within_limits'],
  },
  {
    title: 'a story that was begun after the count was reached',
    damage: (run) => editEvent(run, 'worker_started', withSetting('maxStories', 3)),
    noticed: ['within_limits'],
  },
  {
    title: 'a run that ended before its count was reached',
    damage: (run) => editEvent(run, 'worker_started', withSetting('maxStories', 5)),
    noticed: ['within_limits'],
  },
  {
    title: 'a line in the log that is none of its records',
    damage: (run) => editLog(run, (lines) => lines.toSpliced(3, 0, FOREIGN)),
    noticed: ['log_lines'],
  },
  {
    title: 'JSON in the log that is none of its records',
    damage: (run) => editLog(run, (lines) => lines.toSpliced(3, 0, '{"level":30,"msg":"x"}')),
    noticed: ['log_lines'],
  },
  {
    title: 'a torn line in the log, though nothing was killed',
    damage: (run) => editLog(run, (lines) => lines.toSpliced(5, 1, lines[5]?.slice(0, 60) ?? '')),
    noticed: ['log_lines'],
  },
  {
    title: 'a story whose saving is not in the log',
    damage: (run) => editEvent(run, 'story_saved', (record) => (record.sequence === 2 ? null : record)),
    noticed: ['story_records'],
  },
  {
    title: 'a story whose beginning is not in the log',
    damage: (run) => editEvent(run, 'story_started', (record) => (record.sequence === 2 ? null : record)),
    noticed: ['story_records'],
  },
  {
    title: 'no progress while one story was written',
    damage: (run) => editEvent(run, 'progress', (record) => (record.sequence === 2 ? null : record)),
    noticed: ['progress_seen'],
  },
  {
    title: 'no progress at all, and no terminal to show it',
    damage: (run) => {
      editEvent(run, 'progress', () => null);
      editEvent(run, 'worker_started', (record) => ({ ...record, terminal: false }));
    },
    noticed: ['progress_seen'],
  },
  {
    title: 'no log of the run',
    damage: (run) => editLog(run, () => []),
    noticed: ['final_record', 'log_complete'],
  },
  {
    title: 'a process in the log that the ledger does not know',
    damage: (run) =>
      editLog(run, (lines) => [...lines.slice(0, 4).map((line) => line.replace(/"pid":\d+/, '"pid":1')), ...lines]),
    noticed: ['log_complete'],
  },
];

const CONFIGURED = 'test-key-1234567890';

const withSetting = (name: string, value: number) => (record: Record<string, unknown>) => ({
  ...record,
  settings: { ...(record.settings as object), [name]: value },
});

describe('the verification of a run', () => {
  test('finds nothing wrong in one that nobody has touched, progress included', async () => {
    const found = await assertPasses(base, { secrets: [CONFIGURED] });
    assert.deepEqual(codesWith(found, 'note'), []);
    // This check needs a run that was stopped.
    assert.deepEqual(codesWith(found, 'skip'), ['stopped_in_time']);
    assert.equal(checkOf(found, 'pairs').figure, '4쌍');
    assert.match(checkOf(found, 'progress_seen').figure, /긴 호출 4회 동안 \d+줄/);
  });

  test('does not hold it against a process on a terminal that its progress is not in the log', async (t) => {
    const run = copyOf(t, base);
    editEvent(run, 'progress', () => null);
    // A record that does not say where progress was shown gets the benefit of the doubt.
    for (const terminal of [true, undefined]) {
      editEvent(run, 'worker_started', (record) => ({ ...record, terminal }));
      assert.equal(checkOf(await assertPasses(run), 'progress_seen').status, 'skip', String(terminal));
    }
  });

  for (const { title, damage, noticed } of DEFECTS) {
    test(`notices ${title}`, async (t) => {
      const run = copyOf(t, base);
      damage(run);
      const found = await verifyRun(run, { secrets: [CONFIGURED] });
      assert.deepEqual(codesWith(found, 'fail'), noticed, describeFailures(found));
    });
  }
});
