import { formatNumber } from '../lib/format-number.js';
import { pauseLabel } from '../run/labels.js';
import { FAILED_CALL_LABELS, failureCodeMeaning } from './failure-labels.js';
import { idOf } from './html/list-sections.js';
import { highlightReason, tilesOf } from './html/summary.js';
import { withoutControls } from './html/template.js';
import { formatDateTime, formatDollars, formatPeriod, formatShortDuration, headlineOf } from './labels.js';
import { type Notice, noticesOf } from './model/notices.js';
import { pausesOf } from './model/pauses.js';
import type { FailedCallGroup, Report } from './model/report.js';

/** The most failures, and the most lines of a notice, that are listed; the page has more. */
const MAX_LISTED = 5;

/**
 * The short form of a report as plain text for a terminal. Pure.
 * @param pagePath path of the HTML page
 */
export function toText(report: Report, pagePath: string): string {
  const { from, to, statistics, outcome, runId, highlights } = report;
  const tiles = tilesOf(report).map(
    ({ label, value, notes }) => [label, [value, ...notes.filter((line) => line !== '')].join(' · ')] as const,
  );
  const notices = noticesOf(report);
  const [first] = highlights;
  const lines: (string | readonly [string, string])[] = [
    headlineOf(outcome, statistics.stories, to - from),
    `${formatPeriod(from, to)} (${formatShortDuration(to - from)}) · ${runId}`,
    '',
    ...tiles,
    '',
    ['시간표', `${timelineStrip(report)} ${stripLegend(report)}`],
    ...withName('쉰 때', pauseLines(report)),
    ...withName('실패', failureLines(report.failedCallGroups)),
    ...withName('모델', modelLines(report)),
    '',
    ...withName('확인할 것', notices.length === 0 ? ['없음'] : notices.flatMap(noticeLines)),
    ...(first === undefined
      ? []
      : [
          '',
          ['먼저 읽기', `"${first.story.details?.title ?? first.story.name}" - ${highlightReason(first)}`] as const,
          ['', `${first.story.name}.md`] as const,
        ]),
    '',
    ['보고서', pagePath],
  ];
  const written = lines.map((line) =>
    typeof line === 'string' ? line : `  ${pad(line[0])}${withoutControls(line[1])}`,
  );
  return `${written.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Width of the label column in terminal columns; a Hangul syllable takes two. */
const NAME_WIDTH = 11;

function pad(name: string): string {
  const width = [...name].reduce((sum, character) => sum + (character > '\u1100' ? 2 : 1), 0);
  return name + ' '.repeat(Math.max(1, NAME_WIDTH - width));
}

/** Width of the strip in characters. */
const STRIP_CELLS = 48;

/** The run as a line of characters, each for an equal share of its time. */
function timelineStrip({ from, to, timeline: { stories, failedCalls, segments } }: Report): string {
  const cells = new Array<string>(STRIP_CELLS).fill('·');
  const cellOf = (at: number) =>
    to === from ? 0 : Math.min(STRIP_CELLS - 1, Math.floor(((at - from) / (to - from)) * STRIP_CELLS));
  for (const { kind, from: start, to: end } of segments) {
    const character =
      kind === 'downtime' || kind === 'unknown' ? '_' : kind === 'batch' ? '=' : kind === 'pause' ? '~' : null;
    // Only cells that the segment covers entirely.
    if (character !== null) cells.fill(character, cellOf(start) + 1, cellOf(end));
  }
  for (const { at } of failedCalls) cells[cellOf(at)] = 'x';
  for (const { at } of stories) cells[cellOf(at)] = cells[cellOf(at)] === 'x' ? '▣' : '■';
  return cells.join('');
}

function stripLegend({ from, to, timeline: { batches, segments } }: Report): string {
  const pause = segments.some(({ kind }) => kind === 'pause') ? ', ~ 쉼' : '';
  const batch = batches.length === 0 ? '' : ', = 배치 대기';
  return `(한 칸 ${formatShortDuration((to - from) / STRIP_CELLS)}: ■ 소설, x 실패, ▣ 둘 다, · 기다림${batch}${pause}, _ 멈춤)`;
}

function pauseLines({ timeline: { segments } }: Report): string[] {
  return pausesOf(segments).map(
    ({ reason, times, ms }) => `${pauseLabel(reason)} ${formatNumber(times)}회, ${formatShortDuration(ms)}`,
  );
}

function failureLines(groups: readonly FailedCallGroup[]): string[] {
  const left = groups.length - MAX_LISTED;
  const lines = groups.slice(0, MAX_LISTED).map(({ kind, code, times }) => {
    const meaning = failureCodeMeaning(code, kind) || FAILED_CALL_LABELS[kind];
    return `${formatNumber(times.length)}회 ${code} (${meaning}), ${formatTimes(times)}`;
  });
  return left > 0 ? [...lines, `그 밖에 ${formatNumber(left)}가지`] : lines;
}

function formatTimes(times: readonly number[]): string {
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  return first === last ? formatDateTime(first) : formatPeriod(first, last);
}

function noticeLines({ text, commands, details = [], setAside = [], stories = [] }: Notice): string[] {
  const all = [
    ...details,
    ...setAside.map(({ name, details: { title }, reason }) => `${idOf(name)} "${title}" - ${reason}`),
    ...stories.map(({ name, details: story }) => {
      const doubts = story?.doubts.map(({ reason }) => reason) ?? [];
      return `${name}.md "${story?.title ?? ''}" - ${doubts.join('; ')}`;
    }),
  ];
  const left = all.length - MAX_LISTED;
  return [
    [text, ...(commands.length === 0 ? [] : [commands.join(' 또는 ')])].join(' - '),
    ...all.slice(0, MAX_LISTED).map((line) => `- ${line}`),
    ...(left > 0 ? [`- 그 밖에 ${formatNumber(left)}건`] : []),
  ];
}

/** One line per model, where several wrote. */
function modelLines({ models }: Report): string[] {
  if (models.length < 2) return [];
  return models.map(({ model, stories, tokens, costUsd }) => {
    const cost = costUsd === null ? '비용 모름' : formatDollars(costUsd);
    return `${model} - 소설 ${formatNumber(stories)}편, 토큰 ${formatNumber(tokens)}, ${cost}`;
  });
}

/** Lines with a label before the first one. */
function withName(name: string, lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line, at) => [at === 0 ? name : '', line]);
}
