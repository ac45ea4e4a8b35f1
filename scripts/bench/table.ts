import { formatNumber, formatSpread, type Spread, spreadOf } from './stats.js';

/** The upper limit that a row has to stay within. */
export interface Target {
  /**
   * - ratio: our median divided by the baseline's
   * - median, worst: our median, our largest value
   * - excess: our median minus the baseline's
   */
  of: 'ratio' | 'median' | 'worst' | 'excess';
  atMost: number;
}

/** One line of the table. */
export interface Row {
  /** Letters, digits and dots; the part before the first dot names the case. */
  id: string;
  /** Korean. */
  label: string;
  unit: string;
  ours: Spread;
  baseline: Spread | null;
  /** Our median divided by the baseline's; null without a baseline, or when the baseline is 0. */
  ratio: number | null;
  /** null: the row is for information only. */
  target: Target | null;
  verdict: 'PASS' | 'over' | null;
}

export interface RowInput extends Pick<Row, 'id' | 'label' | 'unit'> {
  ours: readonly number[];
  baseline?: readonly number[];
  target?: Target;
}

/** A row of the table with its statistics and verdict. Pure. */
export function toRow({ id, label, unit, ours: values, baseline: others, target }: RowInput): Row {
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
  if (reached === null) throw new Error(`a target of ${target.of} needs a baseline`);
  return reached <= target.atMost ? 'PASS' : 'over';
}

const HEADINGS = ['측정', '단위', '우리', '기준', '비율', '목표', '판정'] as const;

/** The rows as a table, one line per row. Pure. */
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

/** Pads every cell to the width that its column has in a terminal. */
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

/** The number of terminal columns of a text: a Hangul character takes two. */
function widthOf(text: string): number {
  return Array.from(text).reduce((width, character) => width + (/\p{Script=Hangul}/u.test(character) ? 2 : 1), 0);
}
