import { type Content, type Html, html } from './template.js';

// The components of sections: headings with charts, legends, tables.

/** A section with a chart. */
export interface ChartSection {
  /** Tells what the chart shows. */
  title: string;
  /** The same as a sentence with numbers. */
  caption: string;
  chart?: Content;
  /** The data of the chart as tables, each in a fold-out with its name. */
  tables?: readonly { name: string; table: Html }[];
  after?: Html;
}

/** A section with a chart as HTML. */
export function chartSection({ title, caption, chart = null, tables = [], after }: ChartSection): Html {
  const numbers = tables.map(({ name, table: each }) => html`<details><summary>${name}</summary>${each}</details>`);
  return html`<section><figure><figcaption><h2>${title}</h2><p>${caption}</p></figcaption>${chart}${numbers}${after ?? null}</figure></section>`;
}

/** One colour of a legend. */
export interface LegendEntry {
  colour: string;
  text: string;
  /** Default: a square. */
  shape?: 'thin' | 'dots' | 'up';
}

/** The meaning of the colours in a chart. */
export function legend(entries: readonly LegendEntry[]): Html {
  return html`<ul class="legend">${entries.map(
    ({ colour, text, shape = '' }) => html`<li><i class="${shape}" style="--swatch:${colour}"></i>${text}</li>`,
  )}</ul>`;
}

/** A table that scrolls sideways where it is too wide. Columns of numbers are aligned to the right. */
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

/** Numbers with their units: `1,234`, `$0.08`, `1분 12초`. */
const NUMBER_CELL = /^[$\d.,% 초분시간일회편장건]+$/;
/** A text of more characters may wrap. */
const WRAP_FROM = 24;
