import assert from 'node:assert/strict';
import { test } from 'node:test';
import { inHandOver, lanesOf, mostInHand } from '../../../report/charts/lanes.js';
import { timetableOf } from '../../../report/charts/timetable.js';
import { timetableText } from '../../../report/charts/timetable-text.js';
import { failureCodeMeaning } from '../../../report/failure-labels.js';
import type { ReportPaths } from '../../../report/html/links.js';
import { toPage } from '../../../report/html/page.js';
import { noticesOf } from '../../../report/model/notices.js';
import { type Report, type ReportContext, toReport } from '../../../report/model/report.js';
import type { Segment } from '../../../report/model/timeline.js';
import { toText } from '../../../report/text.js';
import { doubtOf } from '../../../story/doubts.js';
import { DayMaker, HOUR, MINUTE, SECOND } from '../../helpers/report-days/report-day-maker.js';
import { asRead, batchDay, parallelDay } from '../../helpers/report-days/report-days.js';

// Reports of runs with several stories in hand, and of runs in batches.

const CONTEXT: ReportContext = {
  now: Date.UTC(2026, 10, 25),
  caps: { tokens: null, costUsd: null },
  maxLikeness: null,
  axes: null,
};

const PATHS: ReportPaths = {
  output: '/project/logs/report.html',
  storyFolder: '/project/generated_stories',
  setAsideFolder: '/project/generated_stories/.set-aside',
};

const reportOf = ({ day }: Pick<DayMaker, 'day'>, more: Parameters<typeof asRead>[1] = {}): Report =>
  toReport(asRead(day, more), CONTEXT);
const pageOf = (report: Report): string => toPage(report, PATHS);

/** So many slots that each write stories of two minutes, with a minute between them. */
function slots(count: number, stories: number): DayMaker {
  const maker = new DayMaker({ start: new Date(2026, 10, 23, 21).getTime(), texts: 20 });
  const slot = (n: number) => () => {
    maker.wait(n * SECOND);
    for (let written = 0; written < stories; written++) {
      maker.story({ ms: 2 * MINUTE });
      maker.wait(MINUTE);
    }
  };
  return maker.sideBySide(...Array.from({ length: count }, (_, n) => slot(n))).end('count', true);
}

const call = (from: number, to: number, kind: Segment['kind'] = 'story'): Segment => ({ from, to, kind });

test('calls side by side have lanes of their own, and a lane is used again', () => {
  const segments = [call(0, 10), call(2, 6), call(4, 5, 'failed'), call(6, 9), call(10, 12), call(3, 8, 'interval')];
  const { lanes, count } = lanesOf(segments);
  assert.equal(count, 3);
  assert.deepEqual(
    segments.map((segment) => lanes.get(segment)),
    [0, 1, 2, 1, 0, undefined],
  );
  assert.deepEqual(inHandOver(segments), [
    { from: 0, to: 2, count: 1 },
    { from: 2, to: 4, count: 2 },
    { from: 4, to: 5, count: 3 },
    { from: 5, to: 6, count: 2 },
    { from: 6, to: 9, count: 2 },
    { from: 9, to: 10, count: 1 },
    { from: 10, to: 12, count: 1 },
  ]);
  assert.equal(mostInHand(segments), 3);
  assert.deepEqual([lanesOf([]).count, mostInHand([])], [1, 0]);
});

test('a row of the timetable shows how many were in hand, and counts no time twice', () => {
  const report = reportOf(slots(4, 20));
  const timetable = timetableOf(report);
  assert.deepEqual([timetable.laneCount, timetable.cells], [4, null]);
  const sum = (of: (row: (typeof timetable.rows)[number]) => number) =>
    timetable.rows.reduce((total, row) => total + of(row), 0);
  assert.equal(
    sum(({ stories }) => stories),
    80,
  );
  assert.deepEqual([...new Set(timetable.rows.slice(0, 6).map(({ mostInHand: most }) => most))], [4]);
  // 20 times two minutes, and the three seconds by which the last slot is late.
  assert.equal(
    sum(({ generationMs }) => generationMs),
    20 * (2 * MINUTE + 3 * SECOND),
  );
  assert.match(timetableText(report, timetable), /^쓰는 데 41분 \(한꺼번에 많아야 4편\), 다음 소설을 기다리며 19분/);
  assert.match(toText(report, 'report.html'), /쓴 시간 {4}2분 · 편당 중앙값 · 최장 2분 · 한꺼번에 많아야 4편\n/);
});

test('with more in hand than a row has room for, cells tell how many there were on average', () => {
  const timetable = timetableOf(reportOf(slots(12, 20)));
  const cells = timetable.cells ?? [];
  assert.equal(timetable.laneCount, 1);
  assert.ok(Math.max(...cells.map(({ of }) => of.inHand)) > 11.9);
  const inHandMs = cells.reduce((sum, { x1, x2, of }) => sum + (x2 - x1) * of.inHand, 0);
  assert.ok(Math.abs(inHandMs - 12 * 20 * 2 * MINUTE) < SECOND, `${inHandMs}`);
  assert.equal(
    cells.reduce((sum, { of }) => sum + of.stories, 0),
    240,
  );
});

test('a batch that is out is a wait of its own, and its stories are told where they were collected', () => {
  const maker = new DayMaker({ start: new Date(2026, 10, 23, 21).getTime() });
  const batch = maker.beginBatch(10);
  maker.wait(2 * HOUR).collectBatch(batch, ['expired', 'errored', null]);
  const report = reportOf(maker.end('signal'));
  const { segments, batches } = report.timeline;
  const out = segments.filter(({ kind }) => kind === 'batch');
  assert.deepEqual(
    out.map(({ from, to }) => Math.round((to - from) / MINUTE)),
    [120],
  );
  assert.deepEqual(
    batches.map(({ id, calls, openCalls, isClosed }) => [id, calls, openCalls, isClosed]),
    [[batch.id, 10, 0, true]],
  );
  assert.deepEqual(
    timetableOf(report).collections.map(({ row, of }) => [row, of.stories]),
    [[2, 7]],
  );
  assert.deepEqual(report.failedCallGroups.map(({ kind, code }) => [kind, code]).sort(), [
    ['lost', 'no_result'],
    ['transient', 'api_error'],
    ['unprocessed', 'unprocessed'],
  ]);
  assert.deepEqual(
    report.stories.map(({ batch: of }) => of?.id),
    Array.from({ length: 7 }, () => batch.id),
  );
  const text = toText(report, 'report.html');
  assert.match(text, /배치 1개로 7편/);
  assert.match(text, /정가 기준, 배치는 절반/);
  assert.match(text, /시간표 {5}·=+■ \(.*= 배치 대기, _ 멈춤\)/);
  const page = pageOf(report);
  assert.match(page, new RegExp(`<dt>배치</dt><dd><code>${batch.id}</code></dd>`));
  assert.match(page, /배치의 결과를 기다리며 2시간/);
  assert.match(page, /배치의 소설은 배치에 걸린 시간을 편수로 나눈 값입니다/);
});

test('a batch that is still out is a notice with the commands that collect it, unless a worker waits for it', () => {
  const day = { day: batchDay() };
  const notice = noticesOf(reportOf(day)).find(({ text }) => text.includes('배치'));
  assert.match(notice?.text ?? '', /거두지 않은 배치 1개에 소설 12편.*29일/);
  assert.match(notice?.details?.[0] ?? '', /에 맡긴 msgbatch_000061$/);
  assert.deepEqual(notice?.commands, ['npm start -- --resume', 'npm run batches -- list']);
  const running = noticesOf(reportOf(day, { isAlive: true }));
  assert.ok(running.every(({ text }) => !text.includes('배치')));
  // What is still open is not among what is unknown.
  const unknown = noticesOf(reportOf(day)).find(({ text }) => text.includes('사용량을 모르는'));
  assert.match(unknown?.text ?? '', /1회 있습니다, 그중 결과를 모르는 호출 1회 \(많아야 20,000토큰\)/);
});

test('stories with doubts have a badge, can be shown alone, and are named in a notice', () => {
  const maker = new DayMaker();
  maker.story({ title: '의심 없는 글' });
  const name = maker
    .wait(MINUTE)
    .story({ title: '<b>의심</b>', doubts: [doubtOf('unclear_tail', '다음 화'), doubtOf('seam')] });
  const report = reportOf(maker.end('count', true));
  const page = pageOf(report);
  assert.match(
    page,
    /<p class="doubt">확인: 소설 끝에 소설이 아닐 수도 있는 말이 있습니다 \(다음 화\)<\/p><p class="doubt">확인: 이어 쓴 곳/,
  );
  assert.match(
    page,
    /<input type="checkbox" id="doubtful-only"><label for="doubtful-only"> 확인할 소설 1편만 보기<\/label>/,
  );
  assert.equal(page.match(/<li id="s\d+" class="doubtful">/g)?.length, 1);
  assert.ok(page.includes(`(${name}.md)`));
  assert.ok(!page.includes('<b>의심'));
  const text = toText(report, 'report.html');
  assert.match(text, /소설 {7}2편 · 호출 2회 · 확인할 것 1편\n/);
  assert.match(text, new RegExp(`확인할 소설 1편: .*\n {13}- ${name}\\.md ".*" - 소설 끝에.*; 이어 쓴 곳`));
  const clean = pageOf(reportOf(new DayMaker().end('count', true)));
  assert.ok(!clean.includes('<input'));
});

test('texts set aside are grouped by reason, most frequent first', () => {
  const maker = new DayMaker();
  maker.setAside('unusable', 'refusal:output_filter', '출력 필터');
  for (let n = 0; n < 7; n++) maker.wait(MINUTE).setAside('unusable', 'too_short', `답이 너무 짧습니다 (${n}자)`);
  const report = reportOf(maker.end('rejected'));
  assert.deepEqual(
    report.setAsideGroups.map(({ code, rows }) => [code, rows.length]),
    [
      ['too_short', 7],
      ['refusal:output_filter', 1],
    ],
  );
  const page = pageOf(report);
  // Seven are folded, one is not.
  assert.match(page, /<details class="group"><summary>답이 너무 짧습니다 <code>too_short<\/code> 7건<\/summary>/);
  assert.match(
    page,
    /<details class="group" open><summary>API의 출력 필터가 글을 막았습니다 <code>refusal:output_filter<\/code> 1건/,
  );
  assert.match(page, /따로 보관한 글 8건이 있습니다 - 답이 너무 짧습니다 7건, API의 출력 필터가 글을 막았습니다 1건/);
  const [notice] = noticesOf(report);
  assert.match(
    notice?.text ?? '',
    /^마지막 소설 뒤의 답이 모두 소설이 되지 못했습니다 \(답이 너무 짧습니다 7번, .* 1번\)\. 까닭을 보고 모델이나 설정을 바꾼 뒤/,
  );
  assert.match(page, /소설이 되지 못한 답이 연속되어 멈췄습니다/);
});

test('who wrote what is told where several models wrote', () => {
  const maker = new DayMaker();
  maker.story();
  maker.wait(MINUTE).story();
  maker
    .wait(MINUTE)
    .story({ model: 'claude-haiku-5-5', usage: { input_tokens: 100, output_tokens: 900, total_tokens: 1000 } });
  const report = reportOf(maker.end('count', true));
  assert.deepEqual(
    report.models.map(({ model, stories }) => [model, stories]),
    [
      ['claude-sonnet-5-5', 2],
      ['claude-haiku-5-5', 1],
    ],
  );
  const tokens = report.models.reduce((sum, each) => sum + each.tokens, 0);
  const costUsd = report.models.reduce((sum, each) => sum + (each.costUsd ?? 0), 0);
  assert.equal(tokens, report.statistics.tokens.total_tokens);
  assert.ok(Math.abs(costUsd - (report.statistics.costUsd ?? 0)) < 1e-9);
  assert.match(pageOf(report), /<h2>누가 썼나<\/h2>/);
  assert.match(
    toText(report, 'report.html'),
    /모델 {7}claude-sonnet-5-5 - 소설 2편, .*\n {13}claude-haiku-5-5 - 소설 1편, 토큰 1,000, \$/,
  );
  assert.ok(!pageOf(reportOf(slots(1, 2))).includes('누가 썼나'));
});

test('every code of a failure has words', () => {
  const codes = [
    ...['first_text_timeout', 'context_exceeded', 'refusal:output_filter', 'refusal:moderation', 'refusal:in_words'],
    ...['broken_text', 'foreign_script', 'talk', 'outline', 'repetition', 'seam', 'not_korean', 'too_short', 'empty'],
    ...[
      'content_filter',
      'length',
      'pause_turn',
      'tool_use',
      'no_result',
      'unprocessed',
      'enforced_spend_limit_reached',
    ],
  ];
  for (const code of codes) assert.match(failureCodeMeaning(code), /[가-힣]/, code);
  // The model's own policy names the category.
  assert.match(failureCodeMeaning('refusal:violence'), /모델이 쓰기를 거절했습니다 \(분류: violence\)/);
  assert.equal(failureCodeMeaning('a_code_of_tomorrow'), '');
});

test('the made-up days with many in hand are possible days', () => {
  const parallel = reportOf({ day: parallelDay() });
  assert.ok(parallel.stories.length > 250, `${parallel.stories.length} stories`);
  assert.equal(timetableOf(parallel).laneCount, 4);
  assert.equal(parallel.failedCallGroups.find(({ code }) => code === 'lost')?.times.length, 4);
  const batches = reportOf({ day: batchDay() });
  assert.deepEqual([batches.stories.length, batches.timeline.batches.length, batches.resumes], [56, 4, 2]);
  for (const report of [parallel, batches]) assert.doesNotMatch(toText(report, 'r.html'), /undefined|NaN|null/);
});
