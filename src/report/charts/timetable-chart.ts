import * as Plot from '@observablehq/plot';
import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import type { PauseReason } from '../../run/end-reason.js';
import { pauseLabel } from '../../run/labels.js';
import { FAILED_CALL_LABELS, failureCodeMeaning } from '../failure-labels.js';
import type { Html } from '../html/template.js';
import { formatDate, formatDateTime, formatShortDuration } from '../labels.js';
import type { FailedCall, FailedCallKind, Segment } from '../model/timeline.js';
import { renderChart } from './plot-svg.js';
import type { Cell, Slice, Timetable } from './timetable.js';

/** The colour of a failed call: transient, unusable answer, no answer, or a failure that ends the run. */
export function failureColour(kind: FailedCallKind): string {
  switch (kind) {
    case 'transient':
      return 'var(--transient)';
    case 'unusable':
    case 'incomplete':
      return 'var(--unusable)';
    case 'lost':
    case 'abandoned':
    case 'unprocessed':
      return 'var(--lost)';
    default:
      return 'var(--grave)';
  }
}

/** The colour of a pause. */
export function pauseColour(reason: PauseReason | undefined): string {
  switch (reason) {
    case 'daily_cap':
      return 'var(--pause-cap)';
    case 'inactive_hours':
      return 'var(--pause-hours)';
    case 'spend_limit':
      return 'var(--pause-limit)';
    default:
      return 'var(--pause-crash)';
  }
}

/** Tooltips and links for the bars of stories. */
export interface StoryLabels {
  title(number: number): string;
  /** null: the bar has no link. */
  href(number: number): string | null;
}

/** Height of a row, and of each of its lanes at least, in pixels. */
const ROW_HEIGHT = 20;
const ROW_HEIGHT_OF_MANY = 15;
const LANE_HEIGHT = 4;

/** The timetable as an SVG chart. Calls side by side share the height of their row. @param width in pixels */
export function timetableChart(timetable: Timetable, labels: StoryLabels, width: number, ariaLabel: string): Html {
  const { unit, rows, processes, segments, laneCount, lanes, collections, cells, restarts } = timetable;
  const rowHeight = Math.max(rows.length > 18 ? ROW_HEIGHT_OF_MANY : ROW_HEIGHT, laneCount * LANE_HEIGHT + 3);
  const margins = { marginTop: 4, marginBottom: 24, marginLeft: 66, marginRight: 16 };
  // Widens every bar a little: that of a call of one second would be too thin to see.
  const minimumWidth = { insetLeft: -0.7, insetRight: -0.7 };
  const x = { x1: 'x1', x2: 'x2' } as const;
  const y = (inset: number) => ({ y1: ({ row }: Place) => row, y2: endOf, insetTop: inset, insetBottom: inset });
  const insetInRow = 1.5 / rowHeight;
  /** A share of the row's height below its upper edge, within a small margin. */
  const heightAt = ({ row }: Place, share: number) => row + insetInRow + share * (1 - 2 * insetInRow);
  const lane = {
    y1: (slice: Slice<Segment>) => heightAt(slice, sharesOf(slice.of)[0]),
    y2: (slice: Slice<Segment>) => heightAt(slice, sharesOf(slice.of)[1]),
    insetBottom: laneCount > 1 ? 0.5 : 0,
  };
  // The results of a batch have no lanes: the vendor wrote them. They come together, so that failures leave stories room.
  const sharesOf = (segment: Segment): readonly [number, number] => {
    const at = lanes.get(segment) ?? 0;
    if (segment.batch === undefined) return [at / laneCount, (at + 1) / laneCount];
    return segment.kind === 'failed' ? [0.7, 1] : [0, 1];
  };
  const ofKind = (...kinds: Segment['kind'][]) => segments.filter(({ of: { kind } }) => kinds.includes(kind));
  const describeSlice = ({ of }: Slice<Segment>) => describeSegment(of, labels);
  const most = Math.max(1e-9, ...(cells ?? []).map((cell) => cell.of.inHand));
  const middles = rows.map(({ index }) => index + 0.5);
  return renderChart({
    ariaLabel,
    width,
    height: rows.length * rowHeight + margins.marginTop + margins.marginBottom,
    ...margins,
    x: { type: 'linear', domain: [0, unit.ms] },
    y: { type: 'linear', domain: [0, rows.length], reverse: true },
    marks: [
      Plot.rect(processes, { ...x, ...y(1), fill: 'var(--alive)', insetRight: -0.3 }),
      Plot.gridX(ticks(unit), { stroke: 'var(--paper)', strokeOpacity: 1, strokeWidth: 1 }),
      Plot.rect(ofKind('unknown', 'downtime', 'missingHistory'), {
        ...x,
        ...y(1),
        fill: 'var(--paper)',
        title: describeSlice,
      }),
      Plot.ruleY(ofKind('unknown', 'downtime', 'missingHistory'), {
        ...x,
        y: middleOf,
        stroke: 'var(--lost)',
        strokeDasharray: '2,3',
        title: describeSlice,
      }),
      Plot.rect(ofKind('batch'), { ...x, ...y(rowHeight * 0.3), fill: 'var(--batch)', title: describeSlice }),
      Plot.rect(ofKind('pause'), {
        ...x,
        ...y(rowHeight * 0.3),
        ...minimumWidth,
        fill: ({ of: { pause } }: Slice<Segment>) => pauseColour(pause),
        title: describeSlice,
      }),
      Plot.rect(ofKind('retry'), { ...x, ...y(rowHeight / 2 - 1), fill: 'var(--transient)', title: describeSlice }),
      Plot.rect(cells?.filter((cell) => cell.of.inHand > 0 || cell.of.stories > 0) ?? [], {
        ...x,
        ...y(1.5),
        fill: 'var(--story)',
        fillOpacity: ({ of: { inHand } }: Slice<Cell>) => 0.35 + (0.65 * inHand) / most,
        title: describeCell,
      }),
      Plot.rect(cells?.filter((cell) => cell.of.failedCalls > 0) ?? [], {
        ...x,
        y1: ({ row }: Place) => row,
        y2: endOf,
        insetTop: rowHeight - 6,
        insetBottom: 1.5,
        fill: 'var(--transient)',
        title: describeCell,
      }),
      Plot.rect(ofKind('story', 'open'), {
        ...x,
        ...lane,
        ...minimumWidth,
        fill: ({ of: { kind } }: Slice<Segment>) => (kind === 'open' ? 'var(--open)' : 'var(--story)'),
        title: describeSlice,
        href: ({ of: { story } }: Slice<Segment>) => (story === undefined ? null : labels.href(story)),
      }),
      Plot.rect(ofKind('failed'), {
        ...x,
        ...lane,
        ...minimumWidth,
        fill: ({ of: { failedCall } }: Slice<Segment>) => failureColour(failedCall?.kind ?? 'transient'),
        title: describeSlice,
      }),
      Plot.text(collections, {
        x: 'x1',
        y: middleOf,
        text: ({ of: { stories } }: Timetable['collections'][number]) => `${formatNumber(stories)}편`,
        textAnchor: 'start',
        dx: 5,
        fill: 'var(--ink)',
        stroke: 'var(--alive)',
        strokeWidth: 3,
      }),
      Plot.dot(restarts, {
        x: 'x1',
        y: middleOf,
        symbol: 'triangle',
        r: Math.min(rowHeight, ROW_HEIGHT) / 4.5,
        fill: 'var(--ink)',
        stroke: 'var(--paper)',
        strokeWidth: 0.8,
        title: ({ of: { at, pid, number } }: Timetable['restarts'][number]) =>
          `${number}번째 다시 시작: ${formatDateTime(at)} (프로세스 ${pid})`,
      }),
      Plot.axisX(ticks(unit), { tickFormat: unit.tick, tickSize: 0, tickPadding: 6, label: null }),
      Plot.axisY(middles, {
        tickFormat: (middle: number) => rows[Math.floor(middle)]?.label ?? '',
        tickSize: 0,
        tickPadding: 8,
        label: null,
      }),
    ],
  });
}

/** Something in a row: the row's number is the upper edge of its height. */
type Place = Pick<Slice<unknown>, 'row'>;
const endOf = ({ row }: Place) => row + 1;
const middleOf = ({ row }: Place) => row + 0.5;

function ticks({ ms, tickMs }: Timetable['unit']): number[] {
  return Array.from({ length: Math.floor(ms / tickMs) + 1 }, (_, n) => n * tickMs);
}

function describeSegment({ kind, from, to, story, failedCall, batch, pause }: Segment, { title }: StoryLabels): string {
  const when = `${formatDate(from)} ${clockTime(from)}부터 ${formatShortDuration(to - from)}`;
  switch (kind) {
    case 'story': {
      if (story === undefined) return `글을 쓰는 중: ${when}`;
      return `${title(story)}\n${batch === undefined ? when : `${formatDateTime(from)}에 배치에서 거둠`}`;
    }
    case 'open':
      return `쓰는 중: ${when}`;
    case 'failed':
      return failedCall === undefined ? when : `${describeFailedCall(failedCall)}\n${when}`;
    case 'batch':
      return `배치의 결과를 기다림: ${when}\n${batch?.id ?? '번호 모름'}, 소설 ${formatNumber(batch?.calls ?? 0)}편`;
    case 'pause':
      return `일시 정지 (${pause === undefined ? '' : pauseLabel(pause)}): ${when}`;
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
  return `${FAILED_CALL_LABELS[kind]}: ${failureCodeMeaning(code, kind) || code}`;
}

function describeCell({ of: { stories, failedCalls, inHand } }: Slice<Cell>): string {
  const failed = failedCalls === 0 ? '' : `, 실패 ${formatNumber(failedCalls)}회`;
  return `소설 ${formatNumber(stories)}편${failed}\n쓰던 글 평균 ${formatNumber(Number(inHand.toFixed(1)))}편`;
}
