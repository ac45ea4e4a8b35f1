import * as Plot from '@observablehq/plot';
import { formatNumber } from '../../lib/format-number.js';
import type { Html } from '../html/template.js';
import type { Distribution } from '../model/quantiles.js';
import type { AxisUse } from '../model/report.js';
import { renderChart } from './plot-svg.js';
import { HALF_PAGE } from './time-charts.js';

// Histograms and the use of cards as SVG charts. Pure. Widths and heights in pixels.

/** Data and options of a histogram. */
export interface Histogram {
  distribution: Distribution;
  /** Converts a value to the unit of the axis. */
  scale: (value: number) => number;
  /** Korean name of the axis's unit. */
  unit: string;
  /** Start of the axis, in its unit; null: the smallest value. */
  from: number | null;
  /** Marked values, in the unit of the values. */
  marks: readonly { value: number; label: string }[];
  colour: string;
  ariaLabel: string;
}

/** A histogram of stories. */
export function histogram({ distribution, scale, unit, from, marks, colour, ariaLabel }: Histogram): Html {
  const values = distribution.values.map(scale);
  const start = from ?? scale(distribution.min);
  const rules = marks.map(({ value, label: text }) => ({ value: scale(value), text }));
  const end = Math.max(scale(distribution.max), ...rules.map(({ value }) => value));
  return renderChart({
    ariaLabel,
    width: HALF_PAGE,
    height: 190,
    marginTop: 30,
    marginLeft: 40,
    marginRight: 18,
    marginBottom: 26,
    x: { domain: [start, end === start ? start + 1 : end], nice: true },
    y: { nice: true },
    marks: [
      Plot.gridY({ ticks: 3, stroke: 'var(--rule)', strokeOpacity: 1 }),
      Plot.rectY(
        values,
        Plot.binX<Plot.RectYOptions>(
          { y: 'count' },
          {
            x: { value: Plot.identity, thresholds: 20 },
            fill: colour,
            insetLeft: 0.5,
            insetRight: 0.5,
          },
        ),
      ),
      // A light border makes the line visible on bars.
      Plot.ruleX(rules, { x: 'value', stroke: 'var(--paper)', strokeWidth: 3 }),
      Plot.ruleX(rules, { x: 'value', stroke: 'var(--ink)', strokeDasharray: '3,2' }),
      ...rules.map((rule) =>
        Plot.text([rule], {
          x: 'value',
          text: 'text',
          frameAnchor: 'top',
          dy: -9,
          lineAnchor: 'bottom',
          textAnchor: anchorAt((rule.value - start) / (end - start)),
        }),
      ),
      Plot.axisY({ ticks: 3, tickSize: 0, label: null, tickFormat: wholeOnly }),
      Plot.axisX({
        ticks: 6,
        tickSize: 3,
        label: null,
        tickFormat: (value: number) => `${formatNumber(value)}${unit}`,
        color: 'var(--muted)',
        fill: 'currentColor',
      }),
      Plot.ruleY([0], { stroke: 'var(--muted)' }),
    ],
  });
}

/** The end of a label that is at its line, so that it stays inside. @param share position on the axis, from 0 to 1 */
function anchorAt(share: number): 'start' | 'middle' | 'end' {
  if (share < 0.3) return 'start';
  return share > 0.7 ? 'end' : 'middle';
}

/** Labels whole numbers only: there is no half story. */
function wholeOnly(value: number): string {
  return Number.isInteger(value) ? `${formatNumber(value)}편` : '';
}

/** Legend of the card chart: how often a card was used, in the order of the bars. */
export const CARD_USES = [
  { text: '한 번', colour: 'var(--card-1)' },
  { text: '두 번', colour: 'var(--card-2)' },
  { text: '세 번 이상', colour: 'var(--card-3)' },
  { text: '쓰지 않음', colour: 'var(--alive)' },
] as const;

/** How many cards of each axis were used how often. */
export function cardChart(axes: readonly AxisUse[], ariaLabel: string, width: number): Html {
  const parts = axes.flatMap(({ label: axis, total, cards }) => {
    const usedTimes = (min: number, max: number) => cards.filter(({ times }) => times >= min && times <= max).length;
    const unused = Math.max(0, (total ?? cards.length) - cards.length);
    const counts = [usedTimes(1, 1), usedTimes(2, 2), usedTimes(3, Number.POSITIVE_INFINITY), unused];
    return CARD_USES.map((use, at) => ({ axis, ...use, count: counts[at] ?? 0 }));
  });
  return renderChart({
    ariaLabel,
    width,
    height: axes.length * 24 + 26,
    marginTop: 0,
    marginLeft: 66,
    marginRight: 18,
    marginBottom: 26,
    x: { nice: false },
    y: { type: 'band', domain: axes.map(({ label: axis }) => axis), padding: 0.3 },
    marks: [
      Plot.barX(
        parts,
        Plot.stackX({
          x: 'count',
          y: 'axis',
          fill: ({ colour }: (typeof parts)[number]) => colour,
          insetRight: 0.6,
          title: ({ axis, text, count }: (typeof parts)[number]) => `${axis}: ${text} ${formatNumber(count)}장`,
        }),
      ),
      Plot.axisX({
        ticks: 6,
        tickSize: 3,
        label: null,
        tickFormat: (value: number) => `${formatNumber(value)}장`,
        color: 'var(--muted)',
        fill: 'currentColor',
      }),
      Plot.axisY({ tickSize: 0, tickPadding: 8, label: null }),
    ],
  });
}
