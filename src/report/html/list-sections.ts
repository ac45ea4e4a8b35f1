import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import { formatDate, formatDateTime, formatDollars, formatShortDuration } from '../labels.js';
import type { Report, SetAsideRow } from '../model/report.js';
import type { StoryRow } from '../model/timeline.js';
import { linkTo, type ReportPaths } from './links.js';
import { type Content, type Html, html } from './template.js';

/** The most stories that are listed, the latest ones: a longer page could not be read. */
export const MAX_STORIES = 400;
/** The most texts set aside that are listed. */
const MAX_SET_ASIDE = 100;

/** The stories that the page lists. */
export function listedStories({ stories }: Report): readonly StoryRow[] {
  return stories.slice(-MAX_STORIES);
}

/** The section with the stories, each with its title, opening, premise and figures. */
export function storyList(report: Report, paths: ReportPaths): Html {
  const { stories } = report;
  const listed = listedStories(report);
  const left = stories.length - listed.length;
  if (stories.length === 0) return html`<section><h2>소설</h2><p class="note">아직 쓴 소설이 없습니다.</p></section>`;
  const note =
    left === 0
      ? null
      : html`<p class="note">가장 최근의 ${formatNumber(listed.length)}편입니다. 앞선 ${formatNumber(left)}편은 소설 폴더에 있습니다.</p>`;
  return html`<section><h2>소설 ${formatNumber(stories.length)}편</h2>${note}<ol class="stories">${listed.map(
    (row, index) => storyItem(row, listed[index - 1], report, paths),
  )}</ol></section>`;
}

function storyItem(row: StoryRow, before: StoryRow | undefined, report: Report, paths: ReportPaths): Html {
  const { number, name, details, at, generationMs, calls } = row;
  const title =
    details === null
      ? html`<span class="title">${name}</span>`
      : html`<a class="title" href="${linkTo(name, paths.storyFolder, paths.output)}">${details.title}</a>`;
  const opening = details === null ? '파일이 폴더에 없습니다' : details.opening;
  const isNewDay = before === undefined || formatDate(before.at) !== formatDate(at);
  const facts = [
    `${isNewDay ? `${formatDate(at)} ` : ''}${clockTime(at).slice(0, 5)}, ${formatShortDuration(generationMs)}`,
    [characters(row), tokens(row)].filter((text) => text !== '').join(', '),
    [cost(row), calls > 1 ? `호출 ${formatNumber(calls)}회` : ''].filter((text) => text !== '').join(', '),
  ].filter((text) => text !== '');
  return html`<li id="s${number}"><div class="number">${number}</div><div>${title}<p class="opening">${opening}</p>${premiseDetails(row, report)}</div><p class="meta">${facts.map(
    (fact) => html`<span>${fact}</span> `,
  )}</p></li>`;
}

/** The two cards that describe a story best, and all of them in a fold-out. */
function premiseDetails({ details }: StoryRow, { axisLabels }: Report): Content {
  if (details === null || details.premise.length === 0) return null;
  const textOf = (axis: string) => details.premise.find((card) => card.axis === axis)?.text;
  const [first, second] = details.premise;
  const shown = [textOf('place') ?? first?.text, textOf('presence') ?? second?.text].filter(
    (text) => text !== undefined,
  );
  return html`<details><summary>${shown.join(' / ')}</summary><dl class="cards">${details.premise.map(
    ({ axis, text }) => html`<div><dt>${axisLabels.get(axis) ?? axis}</dt><dd>${text}</dd></div>`,
  )}</dl></details>`;
}

/** Length of a text; empty when it is not known. */
export const characters = ({ details }: Pick<StoryRow, 'details'>): string =>
  details?.characters === null || details === null ? '' : `${formatNumber(details.characters)}자`;

/** Tokens of all calls of a story. Those of a story from before the ledger was lost are in its metadata alone. */
export function tokens({ usage, details }: StoryRow): string {
  const total = usage?.total_tokens ?? details?.tokens ?? null;
  return total === null ? '토큰 모름' : `${formatNumber(total)}토큰`;
}

/** The cost of a story; empty for a story of the built-in author, which costs nothing. */
export function cost({ costUsd }: StoryRow): string {
  return !costUsd ? '' : formatDollars(costUsd);
}

/** The section with the texts that are set aside, each with its reason and the command that shows it. */
export function setAsideList({ setAside, accepted }: Report, paths: ReportPaths): Html | null {
  if (setAside.length === 0 && accepted === 0) return null;
  const acceptedText = accepted === 0 ? '' : ` 이미 ${formatNumber(accepted)}건은 소설로 받아들였습니다.`;
  const left = setAside.length - MAX_SET_ASIDE;
  const rest = left > 0 ? ` 먼저 보관한 ${formatNumber(MAX_SET_ASIDE)}건만 싣습니다.` : '';
  return html`<section><h2>따로 보관한 글 ${formatNumber(setAside.length)}건</h2><p class="note">값을 치렀지만 소설이 아닌 답입니다.${acceptedText}${rest}</p><ul class="plain">${setAside
    .slice(0, MAX_SET_ASIDE)
    .map((row) => setAsideItem(row, paths))}</ul></section>`;
}

function setAsideItem({ name, at, code, reason, details }: SetAsideRow, paths: ReportPaths): Html {
  const size = [characters({ details }), details.tokens === null ? '' : `${formatNumber(details.tokens)}토큰`];
  const facts = [formatDateTime(at), ...size].filter((text) => text !== '').join(', ');
  return html`<li><a class="title" href="${linkTo(name, paths.setAsideFolder, paths.output)}">${details.title}</a><p>${reason} <code>${code}</code></p><p class="meta">${facts}</p><code class="command">npm run set-aside -- show ${idOf(name)}</code></li>`;
}

/** The id at the end of a name, which `npm run set-aside` accepts in place of the name. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf('_') + 1);
}
