import * as Plot from '@observablehq/plot';
import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import type { Html } from '../html/template.js';
import { duration, meaningOf, moment, shortDate, TROUBLES } from '../labels.js';
import type { Incident, Span, Trouble } from '../model/timeline.js';
import { draw } from './plot-svg.js';
import type { Cell, Piece, Timetable } from './timetable.js';

/** The colours of what went wrong: what passes by itself, what was answered and is no story, what ends a run, kills. */
export function colourOf(kind: Trouble): string {
  switch (kind) {
    case 'transient':
      return 'var(--transient)';
    case 'unusable':
    case 'incomplete':
      return 'var(--unusable)';
    case 'lost':
    case 'abandoned':
      return 'var(--lost)';
    default:
      return 'var(--grave)';
  }
}

/** What is said of a story where its bar is pointed at, and where it leads. */
export interface StoryLabels {
  title(number: number): string;
  /** null: nowhere. */
  href(number: number): string | null;
}

/** @param width in pixels */
export function timetableChart(timetable: Timetable, labels: StoryLabels, width: number, ariaLabel: string): Html {
  const { unit, rows, alive, spans, cells, claims } = timetable;
  const rowHeight = rows.length > 18 ? 15 : 20;
  const margins = { marginTop: 4, marginBottom: 24, marginLeft: 66, marginRight: 16 };
  // A call of a second would be too thin to see, so every bar gets its hair's breadth.
  const hair = { insetLeft: -0.7, insetRight: -0.7 };
  const y = (inset: number) => ({ y: 'row', insetTop: inset, insetBottom: inset }) as const;
  const of = (...what: Span['what'][]) => spans.filter((piece) => what.includes(piece.of.what));
  const say = (piece: Piece<Span>) => describe(piece.of, labels);
  const most = Math.max(1, ...(cells ?? []).map((cell) => cell.of.stories));
  return draw({
    ariaLabel,
    width,
    height: rows.length * rowHeight + margins.marginTop + margins.marginBottom,
    ...margins,
    x: { type: 'linear', domain: [0, unit.ms] },
    y: { type: 'band', domain: rows.map(({ index }) => index), padding: 0 },
    marks: [
      Plot.barX(alive, { x1: 'x1', x2: 'x2', ...y(1), fill: 'var(--alive)', insetRight: -0.3 }),
      Plot.gridX(ticks(unit), { stroke: 'var(--paper)', strokeOpacity: 1, strokeWidth: 1 }),
      Plot.barX(of('unknown', 'down', 'untold'), { x1: 'x1', x2: 'x2', ...y(1), fill: 'var(--paper)', title: say }),
      Plot.ruleY(of('unknown', 'down', 'untold'), {
        x1: 'x1',
        x2: 'x2',
        y: 'row',
        stroke: 'var(--lost)',
        strokeDasharray: '2,3',
        title: say,
      }),
      Plot.barX(of('retry'), { x1: 'x1', x2: 'x2', ...y(rowHeight / 2 - 1), fill: 'var(--transient)', title: say }),
      Plot.barX(cells?.filter((cell) => cell.of.stories > 0) ?? [], {
        x1: 'x1',
        x2: 'x2',
        ...y(1.5),
        fill: 'var(--story)',
        fillOpacity: ({ of: { stories } }: Piece<Cell>) => 0.35 + (0.65 * stories) / most,
        title: describeCell,
      }),
      Plot.barX(cells?.filter((cell) => cell.of.troubles > 0) ?? [], {
        x1: 'x1',
        x2: 'x2',
        y: 'row',
        insetTop: rowHeight - 6,
        insetBottom: 1.5,
        fill: 'var(--transient)',
        title: describeCell,
      }),
      Plot.barX(of('story', 'open'), {
        x1: 'x1',
        x2: 'x2',
        ...y(1.5),
        ...hair,
        fill: ({ of: { what } }: Piece<Span>) => (what === 'open' ? 'var(--open)' : 'var(--story)'),
        title: say,
        href: ({ of: { story } }: Piece<Span>) => (story === undefined ? null : labels.href(story)),
      }),
      Plot.barX(of('trouble'), {
        x1: 'x1',
        x2: 'x2',
        ...y(1.5),
        ...hair,
        fill: ({ of: { trouble } }: Piece<Span>) => colourOf(trouble?.kind ?? 'transient'),
        title: say,
      }),
      Plot.dot(claims, {
        x: 'x1',
        y: 'row',
        symbol: 'triangle',
        r: rowHeight / 4.5,
        fill: 'var(--ink)',
        stroke: 'var(--paper)',
        strokeWidth: 0.8,
        title: ({ of: { at, pid, number } }: Timetable['claims'][number]) =>
          `${number}번째 다시 시작: ${moment(at)} (프로세스 ${pid})`,
      }),
      Plot.axisX(ticks(unit), { tickFormat: unit.tick, tickSize: 0, tickPadding: 6, label: null }),
      Plot.axisY({ tickFormat: (index: number) => rows[index]?.label ?? '', tickSize: 0, tickPadding: 8, label: null }),
    ],
  });
}

function ticks({ ms, tickMs }: Timetable['unit']): number[] {
  return Array.from({ length: Math.floor(ms / tickMs) + 1 }, (_, n) => n * tickMs);
}

function describe({ what, from, to, story, trouble }: Span, { title }: StoryLabels): string {
  const when = `${shortDate(from)} ${clockTime(from)}부터 ${duration(to - from)}`;
  switch (what) {
    case 'story':
      return story === undefined ? `글을 쓰는 중: ${when}` : `${title(story)}\n${when}`;
    case 'open':
      return `쓰는 중: ${when}`;
    case 'trouble':
      return trouble === undefined ? when : `${describeTrouble(trouble)}\n${when}`;
    case 'retry':
      return `다시 시도하기를 기다림: ${when}`;
    case 'interval':
      return `다음 소설을 기다림: ${when}`;
    case 'down':
      return `멈춰 있던 시간: ${when}`;
    case 'unknown':
      return `이 사이에 강제 종료되었고, 그 뒤 멈춰 있었습니다: ${when}`;
    case 'untold':
      return `장부가 없어져 모르는 시간: ${when}`;
  }
}

function describeTrouble({ kind, code }: Incident): string {
  return `${TROUBLES[kind]}: ${meaningOf(code) || code}`;
}

function describeCell({ of: { stories, troubles } }: Piece<Cell>): string {
  return `소설 ${formatNumber(stories)}편${troubles === 0 ? '' : `, 실패 ${formatNumber(troubles)}회`}`;
}
