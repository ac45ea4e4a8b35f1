import assert from 'node:assert/strict';
import { test } from 'node:test';
import { toPage } from '../../../report/html/page.js';
import { type Report, toReport } from '../../../report/model/report.js';
import { toText } from '../../../report/text.js';
import type { PauseReason } from '../../../run/ledger-records.js';
import { DayMaker, HOUR, MINUTE } from '../../helpers/report-days/report-day-maker.js';
import { asRead } from '../../helpers/report-days/report-days.js';

// Reports of runs that pause.

const START = new Date(2026, 10, 23, 22).getTime();
const CONTEXT = { now: START + 100 * HOUR, caps: { tokens: null, costUsd: null }, maxLikeness: null, axes: null };

function reportOf(act: (maker: DayMaker, pause: (reason: PauseReason, ms: number) => void) => void): Report {
  const maker = new DayMaker({ start: START });
  act(maker, (reason, ms) => {
    const { records } = maker.day;
    records.push({ type: 'pause', at: maker.now(), phase: 'begin', reason, until: maker.now() + ms });
    maker.wait(ms);
    records.push({ type: 'pause', at: maker.now(), phase: 'end', reason });
  });
  return toReport(asRead(maker.end('duration', true).day), CONTEXT);
}

const pageOf = (report: Report) =>
  toPage(report, { output: '/p/logs/r.html', storyFolder: '/p/stories', setAsideFolder: '/p/stories/.set-aside' });

const paused = reportOf((maker, pause) => {
  maker.story({ ms: MINUTE });
  maker.wait(MINUTE);
  pause('daily_cap', 2 * HOUR - 2 * MINUTE);
  maker.story({ ms: MINUTE });
  pause('inactive_hours', 4 * HOUR);
  maker.story({ ms: MINUTE });
  pause('inactive_hours', 4 * HOUR);
  maker.story({ ms: MINUTE });
});

test('a pause has a band of its own for each reason, a legend, and its part in sentences and numbers', () => {
  const page = pageOf(paused);
  const legend = page.split('class="legend"')[1]?.split('</ul>')[0] ?? '';
  assert.match(legend, /var\(--pause-cap\)[^<]*<\/i>쉼: 하루 상한/);
  assert.match(legend, /var\(--pause-hours\)[^<]*<\/i>쉼: 정한 시간대 밖/);
  assert.doesNotMatch(legend, /--pause-limit|--pause-crash/);
  assert.match(page, /쉬며 9시간 58분 \(하루 상한 1시간 58분, 정한 시간대 밖 8시간\)/);
  assert.match(page, /<th[^>]*>쉰 시간/);
  assert.match(page, /일시 정지 \(하루 상한\): 11월 23일 22:02:00부터 1시간 58분/);
});

test('the text tells how often and how long it paused, and where', () => {
  const text = toText(paused, '/p/logs/r.html');
  assert.match(text, /쉰 때 {6}하루 상한 1회, 1시간 58분\n {13}정한 시간대 밖 2회, 8시간\n/);
  assert.match(text, /시간표 {5}■~+■~+■~+■ \(.*· 기다림, ~ 쉼, _ 멈춤\)/);
});

test('a run without a pause says nothing of pauses', () => {
  const calm = reportOf((maker) => maker.story());
  assert.doesNotMatch(toText(calm, '/p/r.html'), /쉼|쉰/);
  assert.doesNotMatch(pageOf(calm).replace(/<style>[\s\S]*?<\/style>/, ''), /쉼|쉰|--pause/);
});

test('a refusal for a spend limit is told as one, whatever its code', () => {
  const limited = reportOf((maker, pause) => {
    maker.fail('blocked', 'invalid_request_error');
    pause('spend_limit', HOUR);
    maker.fail('fatal', 'invalid_request_error');
  });
  const text = toText(limited, '/p/r.html');
  assert.match(text, /1회 invalid_request_error \(지출 한도에 닿았습니다\)/);
  assert.match(text, /1회 invalid_request_error \(요청을 받아 주지 않습니다\)/);
});
