import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { toUsage, type Usage } from '../../../api/usage.js';
import type { RunOnDisk } from '../../../report/load.js';
import { setAsideReasonOf, toStoryDetails } from '../../../report/story-details.js';
import { ledgerPath } from '../../../run/ledger.js';
import { type ReadMetadata, readMetadata, type StoryFiles } from '../../../store/story-metadata.js';
import { checksum, filesOf, setAsideFolder } from '../../../store/story-store.js';
import { doubtOf } from '../../../story/doubts.js';
import { type Day, DayMaker, type DayOptions, HOUR, MINUTE, SECOND } from './report-day-maker.js';

/** A day without failures: a story every half hour. */
export function calmDay(options: DayOptions = {}): Day {
  const maker = new DayMaker(options);
  const deadline = maker.now() + 24 * HOUR;
  while (maker.now() < deadline) {
    maker.story();
    maker.wait(Math.min(30 * MINUTE, deadline - maker.now()));
  }
  return maker.end('duration', true).day;
}

/** A day with every kind of trouble: overload, stalls, cut streams, refusals, cut-off texts, kills and a stop. */
export function stormyDay(options: DayOptions = {}): Day {
  const maker = new DayMaker({ seed: 7, ...options });
  const deadline = maker.now() + 24 * HOUR;
  const storiesEvery = (minutes: number, count: number) => {
    for (let n = 0; n < count; n++) {
      maker.story();
      maker.wait(minutes * MINUTE);
    }
  };
  /** Consecutive failures, each followed by a back-off that doubles up to five minutes. */
  const storm = (codes: readonly string[], ms: number, usage: Usage | null) => {
    for (const [n, code] of codes.entries()) {
      maker.fail('transient', code, { ms, usage });
      maker.wait(Math.min(300, 5 * 2 ** n) * SECOND * 0.9);
    }
  };
  storiesEvery(30, 5);
  maker.setAside('unusable', 'refusal:violence', '모델이 쓰기를 거절했습니다 (분류: violence)', { ms: 9000 });
  maker.wait(5 * SECOND);
  storiesEvery(30, 3);
  storm(
    Array.from({ length: 38 }, (_, n) => (n % 7 === 3 ? 'rate_limit_error' : 'overloaded_error')),
    900,
    toUsage(0, 0),
  );
  storiesEvery(30, 2);
  maker.story({ part: maker.part(), ms: 95_000 });
  maker.wait(30 * MINUTE);
  storiesEvery(30, 2);
  maker
    .killedInCall()
    .wait(4 * SECOND)
    .restart();
  maker.story();
  maker.wait(11 * MINUTE).restart();
  storiesEvery(30, 2);
  storm(['idle_timeout', 'idle_timeout', 'cut', 'idle_timeout', 'cut'], 95_000, null);
  storiesEvery(30, 3);
  maker.fail('transient', 'overloaded_error', { part: maker.part() });
  maker.wait(5 * SECOND);
  maker.setAside('unusable', 'too_short', '답이 너무 짧습니다 (412자, 최소 1,000자)', { ms: 8000 });
  maker.wait(10 * SECOND);
  maker.story({ usage: null });
  maker
    .end('signal')
    .wait(2.4 * HOUR)
    .restart();
  storiesEvery(30, 4);
  storm(
    Array.from({ length: 14 }, (_, n) => (n < 9 ? 'connection' : 'http_503')),
    250,
    toUsage(0, 0),
  );
  maker.setAside('incomplete', 'no_ending', '마지막 문장이 끝나지 않았습니다', {
    title: '끝나지 않는 복도, 또는 같은 문이 계속 나오는 지하 주차장에서 보낸 하룻밤에 관한 아주 긴 제목',
  });
  maker.wait(5 * SECOND);
  while (maker.now() < deadline) {
    maker.story();
    maker.wait(Math.min(30 * MINUTE, Math.max(0, deadline - maker.now())));
  }
  return maker.end('duration', true).day;
}

/** A day with four stories at a time, and with storms that hit all of them. */
export function parallelDay(options: DayOptions = {}): Day {
  const maker = new DayMaker({ seed: 11, ...options });
  const deadline = maker.now() + 24 * HOUR;
  const slot = (until: number, delay: number, trouble: () => void) => () => {
    maker.wait(delay);
    trouble();
    while (maker.now() < until) {
      maker.story({ ms: 4 * MINUTE + ((maker.now() / 1000) % 300) * SECOND });
      maker.wait(Math.min(12 * MINUTE, Math.max(0, until - maker.now())));
    }
  };
  const slots = (until: number, troubles: readonly (() => void)[]) =>
    maker.sideBySide(...troubles.map((trouble, n) => slot(until, n * 90 * SECOND, trouble)));
  const calm = () => {};
  const fail = (code: string, ms: number) => () => {
    maker.fail('transient', code, { ms, usage: null });
    maker.wait(20 * SECOND);
  };
  slots(maker.now() + 7 * HOUR, [calm, calm, calm, calm]);
  const stalls = Array.from({ length: 4 }, (_, n) => fail(n % 2 === 0 ? 'idle_timeout' : 'cut', (5 + n) * MINUTE));
  slots(maker.now() + 4 * HOUR, stalls);
  maker.sideBySide(...Array.from({ length: 4 }, () => () => maker.killedInCall({ ms: 3 * MINUTE })));
  maker.wait(50 * MINUTE).restart();
  const setAside = () => {
    maker.setAside('unusable', 'too_short', '답이 너무 짧습니다 (412자, 최소 1,000자)');
    maker.wait(10 * SECOND);
  };
  const doubtful = () => {
    maker.story({ doubts: [doubtOf('unclear_tail', '다음 화에서 계속')] });
    maker.wait(MINUTE);
    maker.story({ model: 'claude-haiku-5-5', doubts: [doubtOf('foreign_letters'), doubtOf('seam')] });
    maker.wait(MINUTE);
  };
  slots(maker.now() + 5 * HOUR, [setAside, doubtful, setAside, fail('overloaded_error', 300)]);
  slots(deadline, [calm, calm, calm, calm]);
  return maker.end('duration', true).day;
}

/** A day of batches: one that a kill and one that a signal leave out for a while, and results that are no stories. */
export function batchDay(options: DayOptions = {}): Day {
  const maker = new DayMaker({ seed: 13, ...options });
  const first = maker.beginBatch(20);
  maker.wait(95 * MINUTE).collectBatch(first, ['expired', 'errored', null]);
  maker.wait(30 * MINUTE);
  const second = maker.beginBatch(20);
  maker.wait(2 * HOUR).restart();
  maker.wait(70 * MINUTE).collectBatch(second);
  maker.wait(30 * MINUTE);
  const third = maker.beginBatch(20);
  maker
    .wait(HOUR)
    .end('signal', false, 1)
    .wait(5 * HOUR)
    .restart();
  maker.wait(20 * SECOND).collectBatch(third, ['errored']);
  maker.wait(30 * MINUTE);
  maker.beginBatch(12);
  return maker.wait(3 * HOUR).end('signal', false, 1).day;
}

/** Writes the day into a story folder. */
export function writeDay(folder: string, { runId, records, stories, setAside }: Day): void {
  mkdirSync(join(folder, '.runs'), { recursive: true });
  mkdirSync(setAsideFolder(folder), { recursive: true });
  writeFileSync(ledgerPath(folder, runId), records.map((record) => `${JSON.stringify(record)}\n`).join(''));
  const closed = records.flatMap((record) =>
    record.type === 'batch' && record.phase === 'closed' ? [record.key] : [],
  );
  const isOut = records.some((record) => record.type === 'batch' && !closed.includes(record.key));
  if (isOut) writeFileSync(ledgerPath(folder, runId).replace(/\.jsonl$/, '.batch'), '');
  for (const [shelf, entries] of [
    [folder, stories],
    [setAsideFolder(folder), setAside],
  ] as const) {
    for (const [name, { markdown, metadata }] of entries) {
      const [markdownFile, metadataFile] = filesOf(name);
      writeFileSync(join(shelf, markdownFile), markdown);
      writeFileSync(join(shelf, metadataFile), JSON.stringify({ ...metadata, sha256: checksum(markdown) }));
    }
  }
}

/** The day as it is read from a story folder. */
export function asRead({ runId, records, stories, setAside }: Day, more: Partial<RunOnDisk> = {}): RunOnDisk {
  const [begin] = records;
  if (begin?.type !== 'begin') throw new Error('a day begins');
  return {
    ledger: { path: `.runs/${runId}.jsonl`, begin, records, unreadable: 0 },
    isAlive: false,
    unreadableLedgers: [],
    stories: new Map([...stories].map(([name, files]) => [name, toStoryDetails(metadataOf(files))])),
    setAside: new Map(
      [...setAside].map(([name, files]) => {
        const metadata = metadataOf(files);
        return [name, { details: toStoryDetails(metadata), reason: setAsideReasonOf(metadata) }];
      }),
    ),
    othersSetAside: 0,
    ...more,
  };
}

function metadataOf({ metadata }: StoryFiles): ReadMetadata {
  const read = readMetadata(metadata);
  if (read === null) throw new Error('metadata is an object');
  return read;
}
