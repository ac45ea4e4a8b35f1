import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import { dollars, duration, moment, shortDate } from '../labels.js';
import type { Report, SetAsideRow } from '../model/report.js';
import type { StoryRow } from '../model/timeline.js';
import { linkTo, type Places } from './links.js';
import { type Content, type Html, html } from './template.js';

/** So many stories are listed, the latest; a page of all would be too long to read. */
export const LISTED = 400;
/** So many texts that were set aside. */
const ASIDE_LISTED = 100;

export function listedStories({ stories }: Report): readonly StoryRow[] {
  return stories.slice(-LISTED);
}

/** All stories, each with what one asks of it before reading it. */
export function storyList(report: Report, places: Places): Html {
  const { stories } = report;
  const listed = listedStories(report);
  const left = stories.length - listed.length;
  if (stories.length === 0) return html`<section><h2>소설</h2><p class="note">아직 쓴 소설이 없습니다.</p></section>`;
  const note =
    left === 0
      ? null
      : html`<p class="note">가장 최근의 ${formatNumber(listed.length)}편입니다. 앞선 ${formatNumber(left)}편은 소설 폴더에 있습니다.</p>`;
  return html`<section><h2>소설 ${formatNumber(stories.length)}편</h2>${note}<ol class="stories">${listed.map(
    (row, index) => storyItem(row, listed[index - 1], report, places),
  )}</ol></section>`;
}

function storyItem(row: StoryRow, before: StoryRow | undefined, report: Report, places: Places): Html {
  const { number, name, facts, at, generationMs, calls } = row;
  const title =
    facts === null
      ? html`<span class="title">${name}</span>`
      : html`<a class="title" href="${linkTo(name, places.storyFolder, places.output)}">${facts.title}</a>`;
  const opening = facts === null ? '파일이 폴더에 없습니다' : facts.opening;
  const newDay = before === undefined || shortDate(before.at) !== shortDate(at);
  const figures = [
    `${newDay ? `${shortDate(at)} ` : ''}${clockTime(at).slice(0, 5)}, ${duration(generationMs)}`,
    [characters(row), tokens(row)].filter((text) => text !== '').join(', '),
    [cost(row), calls > 1 ? `호출 ${formatNumber(calls)}회` : ''].filter((text) => text !== '').join(', '),
  ].filter((text) => text !== '');
  return html`<li id="s${number}"><div class="number">${number}</div><div>${title}<p class="opening">${opening}</p>${premise(row, report)}</div><p class="meta">${figures.map(
    (figure) => html`<span>${figure}</span> `,
  )}</p></li>`;
}

/** The two cards that say most, and behind them all. */
function premise({ facts }: StoryRow, { axisLabels }: Report): Content {
  if (facts === null || facts.premise.length === 0) return null;
  const textOf = (axis: string) => facts.premise.find((card) => card.axis === axis)?.text;
  const [first, second] = facts.premise;
  const shown = [textOf('place') ?? first?.text, textOf('presence') ?? second?.text].filter(
    (text) => text !== undefined,
  );
  return html`<details><summary>${shown.join(' / ')}</summary><dl class="cards">${facts.premise.map(
    ({ axis, text }) => html`<div><dt>${axisLabels.get(axis) ?? axis}</dt><dd>${text}</dd></div>`,
  )}</dl></details>`;
}

export const characters = ({ facts }: Pick<StoryRow, 'facts'>): string =>
  facts?.characters === null || facts === null ? '' : `${formatNumber(facts.characters)}자`;

/** Of all its calls; those of a time whose ledger is lost stand in the metadata alone. */
export function tokens({ usage, facts }: StoryRow): string {
  const total = usage?.total_tokens ?? facts?.tokens ?? null;
  return total === null ? '토큰 모름' : `${formatNumber(total)}토큰`;
}

/** Nothing where nothing was paid: the built-in author's stories cost nothing, which is not worth a word. */
export function cost({ costUsd }: StoryRow): string {
  return !costUsd ? '' : dollars(costUsd);
}

/** What was set aside and still waits, with its reasons and how to look at it. */
export function setAsideList({ setAside, accepted }: Report, places: Places): Html | null {
  if (setAside.length === 0 && accepted === 0) return null;
  const taken = accepted === 0 ? '' : ` 이미 ${formatNumber(accepted)}건은 소설로 받아들였습니다.`;
  const left = setAside.length - ASIDE_LISTED;
  const rest = left > 0 ? ` 먼저 보관한 ${formatNumber(ASIDE_LISTED)}건만 싣습니다.` : '';
  return html`<section><h2>따로 보관한 글 ${formatNumber(setAside.length)}건</h2><p class="note">값을 치렀지만 소설이 아닌 답입니다.${taken}${rest}</p><ul class="plain">${setAside
    .slice(0, ASIDE_LISTED)
    .map((row) => setAsideItem(row, places))}</ul></section>`;
}

function setAsideItem({ name, at, code, reason, facts }: SetAsideRow, places: Places): Html {
  const size = [characters({ facts }), facts.tokens === null ? '' : `${formatNumber(facts.tokens)}토큰`];
  const figures = [moment(at), ...size].filter((text) => text !== '').join(', ');
  return html`<li><a class="title" href="${linkTo(name, places.setAsideFolder, places.output)}">${facts.title}</a><p>${reason} <code>${code}</code></p><p class="meta">${figures}</p><code class="command">npm run set-aside -- show ${idOf(name)}</code></li>`;
}

/** The end of a name, which is enough to find it by. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf('_') + 1);
}
