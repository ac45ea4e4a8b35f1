import { formatNumber } from '../../lib/format-number.js';
import { clockTime } from '../../lib/format-time.js';
import { failureCodeMeaning } from '../failure-labels.js';
import { formatDate, formatDateTime, formatDollars, formatShortDuration } from '../labels.js';
import type { Report, SetAsideGroup, SetAsideRow } from '../model/report.js';
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
  const doubtful = listed.filter(isDoubtful).length;
  // Without a script: the style sheet hides the others while the box is checked.
  const filter =
    doubtful === 0
      ? null
      : html`<input type="checkbox" id="doubtful-only"><label for="doubtful-only"> 확인할 소설 ${formatNumber(doubtful)}편만 보기</label>`;
  return html`<section><h2>소설 ${formatNumber(stories.length)}편</h2>${note}${filter}<ol class="stories">${listed.map(
    (row, index) => storyItem(row, listed[index - 1], report, paths),
  )}</ol></section>`;
}

function isDoubtful({ details }: StoryRow): boolean {
  return details !== null && details.doubts.length > 0;
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
    `${isNewDay ? `${formatDate(at)} ` : ''}${clockTime(at).slice(0, 5)}, ${batchOf(row) === null ? formatShortDuration(generationMs) : '배치'}`,
    [characters(row), tokens(row)].filter((text) => text !== '').join(', '),
    [cost(row), calls > 1 ? `호출 ${formatNumber(calls)}회` : '', writerOf(row, report)]
      .filter((text) => text !== '')
      .join(', '),
  ].filter((text) => text !== '');
  const doubts = (details?.doubts ?? []).map(({ reason }) => html`<p class="doubt">확인: ${reason}</p>`);
  const kind = isDoubtful(row) ? html` class="doubtful"` : null;
  return html`<li id="s${number}"${kind}><div class="number">${number}</div><div>${title}${doubts}<p class="opening">${opening}</p>${premiseDetails(row, report)}</div><p class="meta">${facts.map(
    (fact) => html`<span>${fact}</span> `,
  )}</p></li>`;
}

/** Id of the batch that the story came with; null for a streamed one. */
function batchOf({ batch, details }: StoryRow): string | null {
  return details?.batch ?? batch?.id ?? null;
}

/** The model, where several have written stories of the run. */
function writerOf({ details }: StoryRow, { models }: Report): string {
  return models.length > 1 ? (details?.model ?? '') : '';
}

/** The two cards that describe a story best, and all of them in a fold-out, with the batch that it came with. */
function premiseDetails(row: StoryRow, { axisLabels }: Report): Content {
  const { details } = row;
  if (details === null || details.premise.length === 0) return null;
  const batch = batchOf(row);
  const textOf = (axis: string) => details.premise.find((card) => card.axis === axis)?.text;
  const [first, second] = details.premise;
  const shown = [textOf('place') ?? first?.text, textOf('presence') ?? second?.text].filter(
    (text) => text !== undefined,
  );
  return html`<details><summary>${shown.join(' / ')}</summary><dl class="cards">${details.premise.map(
    ({ axis, text }) => html`<div><dt>${axisLabels.get(axis) ?? axis}</dt><dd>${text}</dd></div>`,
  )}${batch === null ? null : html`<div><dt>배치</dt><dd><code>${batch}</code></dd></div>`}</dl></details>`;
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

/** The section with the texts that are set aside, by reason, each with the command that shows it. */
export function setAsideList({ setAside, setAsideGroups, accepted }: Report, paths: ReportPaths): Html | null {
  if (setAside.length === 0 && accepted === 0) return null;
  const acceptedText = accepted === 0 ? '' : ` 이미 ${formatNumber(accepted)}건은 소설로 받아들였습니다.`;
  const left = setAside.length - MAX_SET_ASIDE;
  const rest = left > 0 ? ` ${formatNumber(MAX_SET_ASIDE)}건만 싣습니다.` : '';
  let listed = 0;
  const groups = setAsideGroups.map((group) => {
    const rows = group.rows.slice(0, Math.max(0, MAX_SET_ASIDE - listed));
    listed += rows.length;
    return setAsideGroup(group, rows, paths);
  });
  return html`<section><h2>따로 보관한 글 ${formatNumber(setAside.length)}건</h2><p class="note">값을 치렀지만 소설이 아닌 답입니다.${acceptedText}${rest}</p>${groups}</section>`;
}

/** The texts set aside for one reason, open when they are few. */
function setAsideGroup({ code, rows }: SetAsideGroup, listed: readonly SetAsideRow[], paths: ReportPaths): Html {
  const meaning = failureCodeMeaning(code) || rows[0]?.reason || '';
  const open = rows.length <= MAX_OPEN ? html` open` : null;
  return html`<details class="group"${open}><summary>${meaning} <code>${code}</code> ${formatNumber(rows.length)}건</summary><ul class="plain">${listed.map(
    (row) => setAsideItem(row, paths),
  )}</ul></details>`;
}

/** A group of more texts is folded. */
const MAX_OPEN = 5;

function setAsideItem({ name, at, reason, details }: SetAsideRow, paths: ReportPaths): Html {
  const size = [characters({ details }), details.tokens === null ? '' : `${formatNumber(details.tokens)}토큰`];
  const facts = [formatDateTime(at), ...size].filter((text) => text !== '').join(', ');
  return html`<li><a class="title" href="${linkTo(name, paths.setAsideFolder, paths.output)}">${details.title}</a><p>${reason}</p><p class="meta">${facts}</p><code class="command">npm run set-aside -- show ${idOf(name)}</code></li>`;
}

/** The id at the end of a name, which `npm run set-aside` accepts in place of the name. */
export function idOf(name: string): string {
  return name.slice(name.lastIndexOf('_') + 1);
}
