import { formatNumber } from '../lib/format-number.js';
import { idOf } from './html/list-sections.js';
import { factsOf, whyFirst } from './html/summary.js';
import { withoutControls } from './html/template.js';
import { duration, meaningOf, moment, period, TROUBLES, verdictOf } from './labels.js';
import { type Notice, noticesOf } from './model/notices.js';
import type { Report, TroubleGroup } from './model/report.js';

/** Failures and set-aside texts that are listed; the page has all. */
const LISTED = 5;

/**
 * The short form of a report, for a terminal. Pure.
 * @param page the path of the long form
 */
export function toTerminal(report: Report, page: string): string {
  const { from, to, statistics, standing, runId, picks } = report;
  const facts = factsOf(report).map(
    ({ name, figure, more }) => [name, [figure, ...more.filter((line) => line !== '')].join(' · ')] as const,
  );
  const notices = noticesOf(report);
  const [first] = picks;
  const lines: (string | readonly [string, string])[] = [
    verdictOf(standing, statistics.stories, to - from),
    `${period(from, to)} (${duration(to - from)}) · ${runId}`,
    '',
    ...facts,
    '',
    ['시간표', `${strip(report)} ${legend(report)}`],
    ...named('실패', troubleLines(report.troubles)),
    '',
    ...named('챙길 것', notices.length === 0 ? ['없음'] : notices.flatMap(noticeLines)),
    ...(first === undefined
      ? []
      : [
          '',
          ['먼저 읽기', `"${first.story.facts?.title ?? first.story.name}" - ${whyFirst(first)}`] as const,
          ['', `${first.story.name}.md`] as const,
        ]),
    '',
    ['보고서', page],
  ];
  const written = lines.map((line) =>
    typeof line === 'string' ? line : `  ${pad(line[0])}${withoutControls(line[1])}`,
  );
  return `${written.map((line) => line.trimEnd()).join('\n')}\n`;
}

/** Columns of a name, and the space after it; Hangul is two wide. */
const NAME_WIDTH = 11;

function pad(name: string): string {
  const width = [...name].reduce((sum, character) => sum + (character > '\u1100' ? 2 : 1), 0);
  return name + ' '.repeat(Math.max(1, NAME_WIDTH - width));
}

/** Cells of the strip. */
const CELLS = 48;

/** The run as a line of cells: in each the most that happened. */
function strip({ from, to, chronicle: { stories, incidents, spans } }: Report): string {
  const cells = new Array<string>(CELLS).fill('·');
  const cellOf = (at: number) =>
    to === from ? 0 : Math.min(CELLS - 1, Math.floor(((at - from) / (to - from)) * CELLS));
  for (const span of spans) {
    if (span.what !== 'down' && span.what !== 'unknown') continue;
    // Only cells that lie in there as a whole.
    cells.fill('_', cellOf(span.from) + 1, cellOf(span.to));
  }
  for (const { at } of incidents) cells[cellOf(at)] = 'x';
  for (const { at } of stories) cells[cellOf(at)] = cells[cellOf(at)] === 'x' ? '▣' : '■';
  return cells.join('');
}

function legend({ from, to }: Report): string {
  return `(한 칸 ${duration((to - from) / CELLS)}: ■ 소설, x 실패, ▣ 둘 다, · 기다림, _ 멈춤)`;
}

function troubleLines(groups: readonly TroubleGroup[]): string[] {
  const left = groups.length - LISTED;
  const lines = groups.slice(0, LISTED).map(({ kind, code, times }) => {
    const meaning = meaningOf(code) || TROUBLES[kind];
    return `${formatNumber(times.length)}회 ${code} (${meaning}), ${span(times)}`;
  });
  return left > 0 ? [...lines, `그 밖에 ${formatNumber(left)}가지`] : lines;
}

function span(times: readonly number[]): string {
  const [first, last] = [times[0] ?? 0, times.at(-1) ?? 0];
  return first === last ? moment(first) : period(first, last);
}

function noticeLines({ text, commands, about = [] }: Notice): string[] {
  const left = about.length - LISTED;
  const texts = about.slice(0, LISTED).map(({ name, facts, reason }) => `- ${idOf(name)} "${facts.title}" - ${reason}`);
  return [
    [text, ...(commands.length === 0 ? [] : [commands.join(' 또는 ')])].join(' - '),
    ...texts,
    ...(left > 0 ? [`- 그 밖에 ${formatNumber(left)}건`] : []),
  ];
}

/** Lines under one name, which stands before the first. */
function named(name: string, lines: readonly string[]): (readonly [string, string])[] {
  return lines.map((line, at) => [at === 0 ? name : '', line]);
}
