import * as Plot from '@observablehq/plot';
import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import { FAILED_CALL_LABELS, failureCodeMeaning } from '../failure-labels.js';
import type { Html } from '../html/template.js';
import { formatDate } from '../labels.js';
import type { FailedCallGroup } from '../model/report.js';
import type { SpendingPoint } from '../model/spending.js';
import { renderChart } from './plot-svg.js';
import { failureColour } from './timetable-chart.js';

// Spending and failures over time as SVG charts. Pure. Widths and heights in pixels, times in milliseconds.

/** Width of a chart for half a page, or a whole phone. */
export const HALF_PAGE = 440;

const DAY = 86_400_000;

/** Data and options of a spending chart. */
export interface SpendingChart {
  points: readonly SpendingPoint[];
  knownOf: (point: SpendingPoint) => number;
  /** Counts towards the caps; drawn where it is more. */
  atMostOf: (point: SpendingPoint) => number;
  cap: number | null;
  format: (value: number) => string;
  colour: string;
  ariaLabel: string;
}

/** A cap of more than this many times the usage is not drawn: it would flatten the curve. */
const FAR_CAP = 2.5;

/** Tells whether a cap is drawn. */
export function capIsNear(cap: number | null, used: number): cap is number {
  return cap !== null && cap <= FAR_CAP * used;
}

/** Tokens or cost as a rising step curve. */
export function spendingChart({ points, knownOf, atMostOf, cap, format, colour, ariaLabel }: SpendingChart): Html {
  const used = Math.max(...points.map(atMostOf), 0);
  const [from, to] = [points[0]?.at ?? 0, points.at(-1)?.at ?? 0];
  const line = { x: 'at', curve: 'step-after' } as const;
  const shown = capIsNear(cap, used) ? [cap] : [];
  const differs = points.some((point) => atMostOf(point) > knownOf(point));
  return renderChart({
    ariaLabel,
    width: HALF_PAGE,
    height: 210,
    marginTop: 18,
    marginLeft: 56,
    marginRight: 14,
    marginBottom: 26,
    x: { type: 'time', domain: [new Date(from), new Date(Math.max(to, from + 1000))] },
    y: { domain: [0, Math.max(used, ...shown) * 1.06 || 1] },
    marks: [
      Plot.gridY({ ticks: 4, stroke: 'var(--rule)', strokeOpacity: 1 }),
      Plot.areaY(points, { ...line, y: knownOf, fill: colour, fillOpacity: 0.14 }),
      Plot.lineY(points, { ...line, y: knownOf, stroke: colour, strokeWidth: 2 }),
      Plot.lineY(differs ? points : [], {
        ...line,
        y: atMostOf,
        stroke: colour,
        strokeWidth: 1,
        strokeDasharray: '2,3',
      }),
      Plot.ruleY(shown, { stroke: 'var(--grave)', strokeDasharray: '5,3' }),
      Plot.text(shown, {
        y: (value: number) => value,
        text: (value: number) => `상한 ${format(value)}`,
        frameAnchor: 'left',
        textAnchor: 'start',
        dx: 4,
        dy: -8,
        fill: 'var(--grave)',
      }),
      Plot.axisY({ ticks: 4, tickSize: 0, label: null, tickFormat: format }),
      timeAxis(from, to, 4),
      Plot.ruleY([0], { stroke: 'var(--muted)' }),
    ],
  });
}

/** The time axis, with labels in seconds, hours or days, by the length of the run. */
function timeAxis(from: number, to: number, ticks: number) {
  const label = (at: Date) => {
    if (to - from < 120_000) return clockTime(at.getTime());
    if (to - from > 3 * DAY) return formatDate(at.getTime());
    return at.getHours() + at.getMinutes() === 0 ? `${at.getDate()}일 0시` : clockTime(at.getTime()).slice(0, 5);
  };
  return Plot.axisX({
    ticks,
    tickSize: 3,
    label: null,
    tickFormat: label,
    color: 'var(--muted)',
    fill: 'currentColor',
  });
}

/** The most rows of failures that are drawn; the table has the rest. */
export const MAX_FAILURE_ROWS = 12;
/** The most failures that are drawn per row. */
const MAX_TICKS_PER_ROW = 400;

/**
 * Failures over time: one row per kind and code, one tick per failure. The name is to the left of its row, or on a
 * narrow chart above it.
 */
export function failureChart(
  groups: readonly FailedCallGroup[],
  from: number,
  to: number,
  width: number,
  ariaLabel: string,
): Html {
  const isNarrow = width < 500;
  const rowOf = ({ kind, code }: Pick<FailedCallGroup, 'kind' | 'code'>) => `${kind} ${code}`;
  const shown = groups.slice(0, MAX_FAILURE_ROWS);
  const ticks = shown.flatMap((group) => sample(group.times).map((at) => ({ ...group, at: new Date(at) })));
  const rowHeight = isNarrow ? 38 : 22;
  const inset = { insetTop: isNarrow ? 20 : 3, insetBottom: 3 };
  const margins = { marginTop: 2, marginBottom: 26, marginLeft: isNarrow ? 2 : 270, marginRight: 36 };
  const end = Math.max(to, from + 1000);
  const name: Plot.TextOptions = isNarrow
    ? { frameAnchor: 'left', dy: -8 }
    : { frameAnchor: 'left', dx: 2 - margins.marginLeft };
  return renderChart({
    ariaLabel,
    width,
    height: shown.length * rowHeight + margins.marginTop + margins.marginBottom,
    ...margins,
    x: { type: 'time', domain: [new Date(from), new Date(end)] },
    y: { type: 'band', domain: shown.map(rowOf), padding: 0, axis: null },
    marks: [
      Plot.barX(shown, { x1: new Date(from), x2: new Date(end), y: rowOf, ...inset, fill: 'var(--alive)' }),
      Plot.tickX(ticks, {
        x: 'at',
        y: rowOf,
        ...inset,
        stroke: ({ kind }: FailedCallGroup) => failureColour(kind),
        strokeWidth: 2,
        title: ({ code, at }: (typeof ticks)[number]) =>
          `${code}\n${formatDate(at.getTime())} ${clockTime(at.getTime())}`,
      }),
      Plot.text(shown, { y: rowOf, ...name, textAnchor: 'start', text: nameOf }),
      Plot.text(shown, {
        y: rowOf,
        frameAnchor: 'right',
        textAnchor: 'start',
        dx: 6,
        dy: isNarrow ? 9 : 0,
        text: ({ times }: FailedCallGroup) => formatNumber(times.length),
      }),
      timeAxis(from, to, isNarrow ? 4 : 6),
    ],
  });
}

/** The meaning of a failure, or its code when the meaning is not known. */
function nameOf({ kind, code }: FailedCallGroup): string {
  const name = failureCodeMeaning(code, kind) || `${FAILED_CALL_LABELS[kind]}: ${code}`;
  return name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH - 1)}…` : name;
}

const MAX_NAME_LENGTH = 30;

function sample(times: readonly number[]): readonly number[] {
  const every = Math.ceil(times.length / MAX_TICKS_PER_ROW);
  return times.filter((_, at) => at % every === 0);
}
