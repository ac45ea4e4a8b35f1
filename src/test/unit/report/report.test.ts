import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toUsage } from '../../../api/usage.js';
import { timetableOf } from '../../../report/charts/timetable.js';
import { formatLongPeriod, formatPeriod, formatShortDuration, headlineOf } from '../../../report/labels.js';
import { noticesOf } from '../../../report/model/notices.js';
import { distributionOf } from '../../../report/model/quantiles.js';
import { type ReportContext, toReport } from '../../../report/model/report.js';
import { spendingOf } from '../../../report/model/spending.js';
import { toStoryDetails } from '../../../report/story-details.js';
import { applyRecord, INITIAL_RUN_STATE } from '../../../run/run-state.js';
import { readMetadata } from '../../../store/story-metadata.js';
import { AXIS_CARDS } from '../../helpers/fakes.js';
import { attempt, failure, story } from '../../helpers/records.js';
import { DayMaker, HOUR, MINUTE } from '../../helpers/report-days/report-day-maker.js';
import { asRead, calmDay, stormyDay } from '../../helpers/report-days/report-days.js';

const CONTEXT: ReportContext = {
  now: Date.UTC(2026, 10, 25),
  caps: { tokens: null, costUsd: null },
  maxLikeness: null,
  axes: null,
};

function texts(notices: { text: string }[]): string {
  return notices.map(({ text }) => text).join('\n');
}

test('a run of three stories adds up', () => {
  const maker = new DayMaker({ start: 0 });
  maker.story({ ms: 60_000, usage: toUsage(1000, 9000) });
  maker.wait(30 * MINUTE);
  maker.fail('transient', 'overloaded_error');
  maker.wait(5000);
  maker.story({ ms: 80_000, usage: toUsage(1000, 4000) });
  maker.wait(30 * MINUTE);
  maker.story({ ms: 70_000, usage: null });
  const { day } = maker.end('count', true);
  const report = toReport(asRead(day), CONTEXT);
  assert.deepEqual(report.outcome, { kind: 'finished', reason: 'count' });
  assert.deepEqual([report.from, report.to], [0, 60 * MINUTE + 215_400]);
  assert.equal(report.statistics.stories, 3);
  assert.equal(report.statistics.attempts, 4);
  assert.equal(report.statistics.tokens.total_tokens, 15_000);
  // 2 and 10 dollars per million: 0.092 and 0.042.
  assert.equal(report.statistics.costUsd?.toFixed(3), '0.134');
  assert.deepEqual(report.spent, { tokens: 35_000, costUsd: (report.statistics.costUsd ?? 0) + 0.17 });
  assert.deepEqual(report.generation, {
    values: [60_000, 70_000, 80_000],
    min: 60_000,
    median: 70_000,
    p90: 80_000,
    max: 80_000,
  });
  assert.deepEqual(report.failedCallGroups, [
    { kind: 'transient', code: 'overloaded_error', times: [60_000 + 30 * MINUTE + 400], tokens: 0 },
  ]);
  assert.deepEqual(
    report.spending.map(({ at, tokens, atMost }) => [at, tokens, atMost.tokens]),
    [
      [0, 0, 0],
      [60_000, 10_000, 10_000],
      [145_400 + 30 * MINUTE, 15_000, 15_000],
      [215_400 + 60 * MINUTE, 15_000, 35_000],
    ],
  );
});

test('the highlights are the least similar story, the longest and the latest', () => {
  const maker = new DayMaker();
  const names = ['가', '나', '다', '라'].map((title) => maker.story({ title }));
  const { day } = maker;
  const like = (at: number, other: number, score: number) => {
    const record = day.records.find(
      (each) => each.type === 'outcome' && each.kind === 'story' && each.name === names[at],
    );
    Object.assign(record ?? {}, { nearest: { name: names[other], score } });
  };
  like(1, 0, 0.3);
  like(2, 1, 0.02);
  like(3, 0, 0.1);
  const disk = asRead(day);
  for (const [at, characters] of [3000, 5000, 3000, 4000].entries()) {
    Object.assign(disk.stories.get(names[at] ?? '') ?? {}, { characters });
  }
  const { highlights, mostSimilar } = toReport(disk, CONTEXT);
  assert.deepEqual(
    highlights.map(({ reason, story: { number }, similarity }) => [reason, number, similarity]),
    [
      ['leastSimilar', 3, 0.02],
      ['longest', 2, 0.3],
      ['latest', 4, 0.1],
    ],
  );
  assert.deepEqual(mostSimilar, { name: names[1], other: names[0], score: 0.3 });
});

test('a lone story is the highlight; a story whose file is missing is none', () => {
  const maker = new DayMaker();
  const first = maker.story();
  assert.deepEqual(
    toReport(asRead(maker.day), CONTEXT).highlights.map(({ reason }) => reason),
    ['only'],
  );
  maker.day.stories.delete(first);
  const report = toReport(asRead(maker.day), CONTEXT);
  assert.deepEqual(report.highlights, []);
  assert.match(texts(noticesOf(report)), /소설 1편의 파일이 폴더에 없습니다/);
});

test('cards are counted by axis, and known from the ledger where the metadata is gone', () => {
  const maker = new DayMaker();
  const name = maker.story();
  maker.day.stories.delete(name);
  const premise = { person: 'apology-writer', place: 'other-place' };
  for (const record of maker.day.records) if (record.type === 'attempt') Object.assign(record, { premise });
  const { axes } = toReport(asRead(maker.day), { ...CONTEXT, axes: AXIS_CARDS });
  assert.deepEqual(axes, [
    { axis: 'person', label: '인물', total: 2, cards: [{ text: '남의 사과문을 대신 써 주던 사람', times: 1 }] },
    { axis: 'place', label: '장소', total: 2, cards: [{ text: '다른 장소', times: 1 }] },
  ]);
});

test('a text is listed as set aside until it is accepted or deleted', () => {
  const maker = new DayMaker();
  const kept = maker.setAside('unusable', 'too_short', '답이 너무 짧습니다');
  const taken = maker.setAside('unusable', 'meta_talk', '소설이 아닌 말이 있습니다');
  const gone = maker.setAside('incomplete', 'no_ending', '끝나지 않았습니다');
  const { day } = maker;
  const entry = day.setAside.get(taken);
  if (entry !== undefined) day.stories.set(taken, { ...entry, metadata: { ...entry.metadata, accepted_at: '2026' } });
  day.setAside.delete(taken);
  day.setAside.delete(gone);
  const report = toReport(asRead(day, { othersSetAside: 2 }), CONTEXT);
  assert.deepEqual(
    report.setAside.map(({ name, code, reason }) => [name, code, reason]),
    [[kept, 'too_short', '답이 너무 짧습니다']],
  );
  assert.equal(report.accepted, 1);
  assert.deepEqual(report.stories, []);
  const notices = noticesOf(report);
  assert.match(texts(notices), /따로 보관한 글 1건[\s\S]*다른 실행이 따로 보관한 글도 2건/);
  assert.deepEqual(notices.filter(({ commands }) => commands.includes('npm run set-aside -- list')).length, 1);
});

test('stories from before a ledger was lost are known from their metadata', () => {
  const maker = new DayMaker({ start: 0 });
  const early = maker.story();
  const { day } = maker;
  const state = day.records.reduce(applyRecord, INITIAL_RUN_STATE);
  const late = maker.wait(MINUTE).story();
  day.records = [...day.records.slice(0, 1), { type: 'snapshot', at: 90_000, state }, ...day.records.slice(3)];
  const report = toReport(asRead(maker.day), CONTEXT);
  assert.deepEqual(
    report.stories.map(({ number, name }) => [number, name]),
    [
      [1, early],
      [2, late],
    ],
  );
  assert.equal(report.statistics.stories, 2);
  assert.match(texts(noticesOf(report)), /장부가 없어져 새로 시작/);
});

test('notices name the commands to run', () => {
  const report = (maker: DayMaker, more: Partial<ReportContext> = {}) =>
    toReport(asRead(maker.day), { ...CONTEXT, ...more });
  const refused = new DayMaker();
  refused.fail('blocked', 'enforced_spend_limit_reached');
  const [notice] = noticesOf(report(refused.end('refused')));
  assert.match(notice?.text ?? '', /결제와 사용 한도를 확인.*enforced_spend_limit_reached/);
  assert.deepEqual(notice?.commands, ['npx pm2 start ecosystem.config.cjs', 'npm start -- --resume']);
  assert.match(texts(noticesOf(report(new DayMaker()))), /강제 종료되었습니다/);
  assert.deepEqual(noticesOf(report(new DayMaker().end('duration', true))), []);
  const killed = new DayMaker().killedInCall().restart().end('count', true);
  assert.match(texts(noticesOf(report(killed))), /끊긴 호출 1회 \(많아야 20,000토큰\)/);
  const spending = new DayMaker();
  spending.story({ usage: toUsage(1000, 8000) });
  const caps = { caps: { tokens: 10_000, costUsd: 10 } };
  assert.match(texts(noticesOf(report(spending.end('count', true), caps))), /토큰 상한 10,000의 90%/);
});

test('spending has at most 303 points, and the last one is the total', () => {
  const records = Array.from({ length: 2000 }, (_, n) => [
    attempt({ at: 20 * n }),
    n % 10 === 0 ? failure({ at: 20 * n + 10 }) : story({ at: 20 * n + 10, usage: toUsage(1, 1), cost_usd: 0.5 }),
  ]).flat();
  const points = spendingOf(records, 0, 40_000);
  assert.ok(points.length <= 303, `${points.length} points`);
  assert.equal(points.at(-1)?.tokens, 3600);
  assert.equal(points.at(-1)?.costUsd, 900);
  assert.ok(points.every(({ at }, index) => at >= (points[index - 1]?.at ?? 0)));
});

test('quantiles are values that occurred', () => {
  assert.equal(distributionOf([]), null);
  assert.deepEqual(distributionOf([5]), { values: [5], min: 5, median: 5, p90: 5, max: 5 });
  const ten = distributionOf([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
  assert.deepEqual([ten?.median, ten?.p90], [5, 9]);
});

test('the unit of the timetable follows from the length of the run', () => {
  const unitOf = (ms: number) => {
    const from = new Date(2026, 10, 23, 21, 54).getTime();
    return timetableOf({
      from,
      to: from + ms,
      timeline: { processes: [], segments: [], stories: [], failedCalls: [], batches: [], historyLostUntil: null },
    });
  };
  const rows = (ms: number) => [unitOf(ms).unit.name, unitOf(ms).rows.length];
  assert.deepEqual(rows(6000), ['1분', 1]);
  assert.deepEqual(rows(HOUR), ['10분', 7]);
  assert.deepEqual(rows(24 * HOUR), ['1시간', 25]);
  assert.deepEqual(rows(10 * 24 * HOUR), ['하루', 11]);
  assert.deepEqual(rows(210 * 24 * HOUR), ['한 주', 31]);
  // Ten years: the earliest rows are left out.
  assert.deepEqual(rows(3650 * 24 * HOUR), ['네 주', 80]);
  assert.deepEqual(
    unitOf(24 * HOUR)
      .rows.slice(0, 4)
      .map(({ label }) => label),
    ['23일 21시', '22시', '23시', '24일 0시'],
  );
});

test('a segment across rows is cut, and every call is counted once', () => {
  const from = new Date(2026, 10, 23, 21, 54).getTime();
  const maker = new DayMaker({ start: from });
  maker.story({ ms: 10 * MINUTE });
  maker.fail('transient', 'cut');
  maker.wait(2 * HOUR).end('signal');
  const { rows, segments } = timetableOf(toReport(asRead(maker.day), CONTEXT));
  assert.deepEqual(
    segments.filter(({ of }) => of.kind === 'story').map(({ row, x1, x2 }) => [row, x1 / MINUTE, x2 / MINUTE]),
    [
      [0, 54, 60],
      [1, 0, 4],
    ],
  );
  assert.deepEqual(
    rows.map(({ stories, failedCalls, generationMs }) => [stories, failedCalls, generationMs / MINUTE]),
    [
      [0, 0, 6],
      [1, 1, 4],
      [0, 0, 0],
      [0, 0, 0],
    ],
  );
});

test('the made-up days are possible days', () => {
  const calm = toReport(asRead(calmDay()), CONTEXT);
  assert.deepEqual(calm.outcome, { kind: 'finished', reason: 'duration' });
  assert.ok(calm.stories.length >= 46, `${calm.stories.length} stories`);
  assert.deepEqual([calm.failedCallGroups, calm.setAside, noticesOf(calm)], [[], [], []]);
  const stormy = toReport(asRead(stormyDay()), CONTEXT);
  assert.equal(stormy.resumes, 3);
  assert.ok(stormy.timeline.failedCalls.length >= 60, `${stormy.timeline.failedCalls.length} failed calls`);
  assert.equal(stormy.setAside.length, 4);
  assert.equal(stormy.statistics.continuations, 2);
});

test('fields that metadata lacks are empty or null', () => {
  const metadata = readMetadata({
    title: 3,
    word_count: '12',
    premise: { place: null, time: { text: '새벽' } },
    usage: null,
  });
  assert.ok(metadata !== null);
  assert.deepEqual(toStoryDetails(metadata), {
    title: '(제목 없음)',
    opening: '',
    characters: null,
    premise: [{ axis: 'time', id: '새벽', text: '새벽' }],
    model: null,
    provider: null,
    runId: null,
    writtenAt: null,
    tokens: null,
    costUsd: null,
    generationMs: null,
    doubts: [],
    batch: null,
    accepted: false,
  });
});

test('times and durations are written as people say them', () => {
  assert.equal(formatShortDuration(24 * HOUR), '24시간');
  assert.equal(formatShortDuration(0), '0초');
  assert.equal(formatShortDuration(19), '0.02초');
  assert.equal(formatShortDuration(0.4), '0.0004초');
  assert.equal(formatShortDuration(99), '0.1초');
  assert.equal(formatShortDuration(217 * 24 * HOUR + 6 * HOUR), '217일 6시간');
  assert.equal(
    headlineOf({ kind: 'finished', reason: 'duration' }, 47, 24 * HOUR),
    '24시간을 끝까지 돌며 소설 47편을 썼습니다',
  );
  assert.equal(
    headlineOf({ kind: 'finished', reason: 'duration' }, 0, 3200),
    '3.2초를 끝까지 돌았지만 쓴 소설이 없습니다',
  );
  assert.match(headlineOf({ kind: 'running' }, 3, HOUR), /^진행 중입니다 - 1시간째, 지금까지 소설 3편$/);
  const at = (day: number, hour: number) => new Date(2026, 10, day, hour, 5).getTime();
  assert.equal(formatPeriod(at(23, 9), at(23, 11)), '11월 23일 09:05–11:05');
  assert.equal(formatLongPeriod(at(23, 21), at(24, 21)), '2026년 11월 23일 월요일 21:05부터 24일 화요일 21:05까지');
  assert.equal(formatLongPeriod(at(23, 9), at(23, 9) + 4000), '2026년 11월 23일 월요일 09:05:00부터 09:05:04까지');
});
