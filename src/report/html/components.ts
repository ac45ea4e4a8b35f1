import { type Content, type Html, html } from './template.js';

// What sections are made of.

export interface ChartSection {
  /** Says what one sees. */
  title: string;
  /** The same in words, with figures. */
  caption: string;
  chart?: Content;
  /** What the drawing shows, as tables, each behind its name. */
  tables?: readonly { name: string; table: Html }[];
  after?: Html;
}

export function chartSection({ title, caption, chart = null, tables = [], after }: ChartSection): Html {
  const numbers = tables.map(({ name, table: each }) => html`<details><summary>${name}</summary>${each}</details>`);
  return html`<section><figure><figcaption><h2>${title}</h2><p>${caption}</p></figcaption>${chart}${numbers}${after ?? null}</figure></section>`;
}

export interface LegendEntry {
  colour: string;
  text: string;
  /** Square where it is not said. */
  shape?: 'thin' | 'dots' | 'up';
}

/** What the colours of a drawing mean. */
export function legend(entries: readonly LegendEntry[]): Html {
  return html`<ul class="legend">${entries.map(
    ({ colour, text, shape = '' }) => html`<li><i class="${shape}" style="--swatch:${colour}"></i>${text}</li>`,
  )}</ul>`;
}

/** A table that scrolls by itself where it is too wide. Columns of nothing but figures are set to the right. */
export function table(head: readonly string[], rows: readonly (readonly Content[])[]): Html {
  const isNumber = (cell: Content | undefined) => typeof cell === 'string' && NUMBER_CELL.test(cell);
  const numberColumns = head.map((_, column) => rows.every((row) => isNumber(row[column])));
  const classOf = (column: number, cell: Content) => {
    const name =
      numberColumns[column] === true ? 'n' : typeof cell === 'string' && cell.length > WRAP_FROM ? 'w' : null;
    return name === null ? null : html` class="${name}"`;
  };
  const header = head.map((name, column) => html`<th scope="col"${classOf(column, '')}>${name}</th>`);
  const body = rows.map(
    (row) => html`<tr>${row.map((cell, column) => html`<td${classOf(column, cell)}>${cell}</td>`)}</tr>`,
  );
  return html`<div class="scroll" role="region" aria-label="${head.join(', ')}" tabindex="0"><table><thead><tr>${header}</tr></thead><tbody>${body}</tbody></table></div>`;
}

/** A number with its unit, or two: `1,234`, `$0.08`, `1분 12초`. */
const NUMBER_CELL = /^[$\d.,% 초분시간일회편장]+$/;
/** A text of more characters is one that may be broken. */
const WRAP_FROM = 24;
