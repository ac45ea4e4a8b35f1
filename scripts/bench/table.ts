import { formatNumber, formatSpread, type Spread, spreadOf } from './stats.js';

/** What a row has to reach, at the most. */
export interface Target {
  /**
   * - ratio: the median as a multiple of the baseline's
   * - median, worst: our own
   * - excess: our median less the baseline's
   */
  of: 'ratio' | 'median' | 'worst' | 'excess';
  atMost: number;
}

/** One line of the table. */
export interface Row {
  /** Of letters, digits and dots; the part before the first dot names the measure. */
  id: string;
  /** Korean. */
  label: string;
  unit: string;
  ours: Spread;
  baseline: Spread | null;
  /** Of the medians; null without a baseline, or where that is 0. */
  ratio: number | null;
  /** null: for information. */
  target: Target | null;
  verdict: 'PASS' | 'over' | null;
}

export interface RowFacts extends Pick<Row, 'id' | 'label' | 'unit'> {
  ours: readonly number[];
  baseline?: readonly number[];
  target?: Target;
}

/** Pure. */
export function toRow({ id, label, unit, ours: values, baseline: others, target }: RowFacts): Row {
  const ours = spreadOf(values);
  const baseline = others === undefined ? null : spreadOf(others);
  const ratio = baseline === null || baseline.median === 0 ? null : ours.median / baseline.median;
  const row = { id, label, unit, ours, baseline, ratio, target: target ?? null };
  return { ...row, verdict: verdictOf(row) };
}

function verdictOf({ ours, baseline, ratio, target }: Omit<Row, 'verdict'>): Row['verdict'] {
  if (target === null) return null;
  const reached = {
    ratio,
    median: ours.median,
    worst: ours.most,
    excess: baseline === null ? null : ours.median - baseline.median,
  }[target.of];
  // Without a baseline there is nothing to be a multiple of.
  if (reached === null) throw new Error(`a target of ${target.of} needs a baseline`);
  return reached <= target.atMost ? 'PASS' : 'over';
}

const HEADINGS = ['측정', '단위', '우리', '기준', '비율', '목표', '판정'] as const;

/** The rows as a table with a line each. Pure. */
export function formatTable(rows: readonly Row[]): string {
  return alignColumns([[...HEADINGS], ...rows.map(cellsOf)]);
}

function cellsOf({ label, unit, ours, baseline, ratio, target, verdict }: Row): string[] {
  return [
    label,
    unit,
    formatSpread(ours),
    baseline === null ? '' : formatSpread(baseline),
    ratio === null ? '' : ratio.toFixed(2),
    target === null ? '' : formatTarget(target),
    verdict ?? '',
  ];
}

const TARGETS: Record<Target['of'], string> = {
  ratio: '비율 ≤ ',
  median: '≤ ',
  worst: '최댓값 ≤ ',
  excess: '차이 ≤ ',
};

function formatTarget({ of, atMost }: Target): string {
  return `${TARGETS[of]}${formatNumber(atMost)}`;
}

/** Pads every cell to the width of its column, as a terminal shows it. */
export function alignColumns(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines) {
    for (const [at, cell] of line.entries()) widths[at] = Math.max(widths[at] ?? 0, widthOf(cell));
  }
  const padded = lines.map((line) =>
    line
      .map((cell, at) => cell + ' '.repeat((widths[at] ?? 0) - widthOf(cell)))
      .join('  ')
      .trimEnd(),
  );
  return `${padded.join('\n')}\n`;
}

/** Columns in a terminal: Hangul takes two. */
function widthOf(text: string): number {
  return Array.from(text).reduce((width, character) => width + (/\p{Script=Hangul}/u.test(character) ? 2 : 1), 0);
}
