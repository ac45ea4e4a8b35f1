import * as Plot from '@observablehq/plot';
import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import type { Html } from '../html/template.js';
import { FAILED_CALL_LABELS, failureCodeMeaning, formatDate, formatDateTime, formatShortDuration } from '../labels.js';
import type { FailedCall, FailedCallKind, Segment } from '../model/timeline.js';
import { renderChart } from './plot-svg.js';
import type { Cell, Slice, Timetable } from './timetable.js';

/** The colour of a failed call: transient, unusable answer, kill or forced shutdown, or a failure that ends the run. */
export function failureColour(kind: FailedCallKind): string {
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

/** Tooltips and links for the bars of stories. */
export interface StoryLabels {
  title(number: number): string;
  /** null: the bar has no link. */
  href(number: number): string | null;
}

/** The timetable as an SVG chart. @param width in pixels */
export function timetableChart(timetable: Timetable, labels: StoryLabels, width: number, ariaLabel: string): Html {
  const { unit, rows, processes, segments, cells, restarts } = timetable;
  const rowHeight = rows.length > 18 ? 15 : 20;
  const margins = { marginTop: 4, marginBottom: 24, marginLeft: 66, marginRight: 16 };
  // Widens every bar a little: that of a call of one second would be too thin to see.
  const minimumWidth = { insetLeft: -0.7, insetRight: -0.7 };
  const y = (inset: number) => ({ y: 'row', insetTop: inset, insetBottom: inset }) as const;
  const ofKind = (...kinds: Segment['kind'][]) => segments.filter(({ of: { kind } }) => kinds.includes(kind));
  const describeSlice = ({ of }: Slice<Segment>) => describeSegment(of, labels);
  const mostStories = Math.max(1, ...(cells ?? []).map((cell) => cell.of.stories));
  return renderChart({
    ariaLabel,
    width,
    height: rows.length * rowHeight + margins.marginTop + margins.marginBottom,
    ...margins,
    x: { type: 'linear', domain: [0, unit.ms] },
    y: { type: 'band', domain: rows.map(({ index }) => index), padding: 0 },
    marks: [
      Plot.barX(processes, { x1: 'x1', x2: 'x2', ...y(1), fill: 'var(--alive)', insetRight: -0.3 }),
      Plot.gridX(ticks(unit), { stroke: 'var(--paper)', strokeOpacity: 1, strokeWidth: 1 }),
      Plot.barX(ofKind('unknown', 'downtime', 'missingHistory'), {
        x1: 'x1',
        x2: 'x2',
        ...y(1),
        fill: 'var(--paper)',
        title: describeSlice,
      }),
      Plot.ruleY(ofKind('unknown', 'downtime', 'missingHistory'), {
        x1: 'x1',
        x2: 'x2',
        y: 'row',
        stroke: 'var(--lost)',
        strokeDasharray: '2,3',
        title: describeSlice,
      }),
      Plot.barX(ofKind('retry'), {
        x1: 'x1',
        x2: 'x2',
        ...y(rowHeight / 2 - 1),
        fill: 'var(--transient)',
        title: describeSlice,
      }),
      Plot.barX(cells?.filter((cell) => cell.of.stories > 0) ?? [], {
        x1: 'x1',
        x2: 'x2',
        ...y(1.5),
        fill: 'var(--story)',
        fillOpacity: ({ of: { stories } }: Slice<Cell>) => 0.35 + (0.65 * stories) / mostStories,
        title: describeCell,
      }),
      Plot.barX(cells?.filter((cell) => cell.of.failedCalls > 0) ?? [], {
        x1: 'x1',
        x2: 'x2',
        y: 'row',
        insetTop: rowHeight - 6,
        insetBottom: 1.5,
        fill: 'var(--transient)',
        title: describeCell,
      }),
      Plot.barX(ofKind('story', 'open'), {
        x1: 'x1',
        x2: 'x2',
        ...y(1.5),
        ...minimumWidth,
        fill: ({ of: { kind } }: Slice<Segment>) => (kind === 'open' ? 'var(--open)' : 'var(--story)'),
        title: describeSlice,
        href: ({ of: { story } }: Slice<Segment>) => (story === undefined ? null : labels.href(story)),
      }),
      Plot.barX(ofKind('failed'), {
        x1: 'x1',
        x2: 'x2',
        ...y(1.5),
        ...minimumWidth,
        fill: ({ of: { failedCall } }: Slice<Segment>) => failureColour(failedCall?.kind ?? 'transient'),
        title: describeSlice,
      }),
      Plot.dot(restarts, {
        x: 'x1',
        y: 'row',
        symbol: 'triangle',
        r: rowHeight / 4.5,
        fill: 'var(--ink)',
        stroke: 'var(--paper)',
        strokeWidth: 0.8,
        title: ({ of: { at, pid, number } }: Timetable['restarts'][number]) =>
          `${number}번째 다시 시작: ${formatDateTime(at)} (프로세스 ${pid})`,
      }),
      Plot.axisX(ticks(unit), { tickFormat: unit.tick, tickSize: 0, tickPadding: 6, label: null }),
      Plot.axisY({ tickFormat: (index: number) => rows[index]?.label ?? '', tickSize: 0, tickPadding: 8, label: null }),
    ],
  });
}

function ticks({ ms, tickMs }: Timetable['unit']): number[] {
  return Array.from({ length: Math.floor(ms / tickMs) + 1 }, (_, n) => n * tickMs);
}

function describeSegment({ kind, from, to, story, failedCall }: Segment, { title }: StoryLabels): string {
  const when = `${formatDate(from)} ${clockTime(from)}부터 ${formatShortDuration(to - from)}`;
  switch (kind) {
    case 'story':
      return story === undefined ? `글을 쓰는 중: ${when}` : `${title(story)}\n${when}`;
    case 'open':
      return `쓰는 중: ${when}`;
    case 'failed':
      return failedCall === undefined ? when : `${describeFailedCall(failedCall)}\n${when}`;
    case 'retry':
      return `다시 시도하기를 기다림: ${when}`;
    case 'interval':
      return `다음 소설을 기다림: ${when}`;
    case 'downtime':
      return `멈춰 있던 시간: ${when}`;
    case 'unknown':
      return `이 사이에 강제 종료되었고, 그 뒤 멈춰 있었습니다: ${when}`;
    case 'missingHistory':
      return `장부가 없어져 모르는 시간: ${when}`;
  }
}

function describeFailedCall({ kind, code }: FailedCall): string {
  return `${FAILED_CALL_LABELS[kind]}: ${failureCodeMeaning(code) || code}`;
}

function describeCell({ of: { stories, failedCalls } }: Slice<Cell>): string {
  return `소설 ${formatNumber(stories)}편${failedCalls === 0 ? '' : `, 실패 ${formatNumber(failedCalls)}회`}`;
}
