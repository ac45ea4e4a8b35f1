import { formatNumber, formatPercent } from '../../lib/format-number.js';
import { averageTokens } from '../../run/statistics.js';
import { mostInHand } from '../charts/lanes.js';
import { FAILED_CALL_LABELS } from '../failure-labels.js';
import { formatDollars, formatShortDuration } from '../labels.js';
import type { Highlight } from '../model/highlights.js';
import { type Notice, noticesOf } from '../model/notices.js';
import type { Report } from '../model/report.js';
import { linkTo, type ReportPaths } from './links.js';
import { characters } from './list-sections.js';
import { type Content, type Html, html } from './template.js';

// The first screen of the page: tiles with the main numbers, notices, and the stories to read first.

/** One main number. */
interface Tile {
  label: string;
  value: string;
  /** Lines that explain the value; empty ones are not shown. */
  notes: string[];
}

/** The tiles of the summary. */
export function tilesOf(report: Report): Tile[] {
  const { statistics, generation, resumes, timeline, isOffline, models, stories: rows } = report;
  const { stories, attempts, tokens, costUsd, continuations } = statistics;
  const average = averageTokens(statistics);
  const most = mostInHand(timeline.segments);
  const inBatches = rows.filter(({ batch, details }) => batch !== null || (details?.batch ?? null) !== null).length;
  const doubtful = rows.filter(({ details }) => details !== null && details.doubts.length > 0).length;
  const downtime = timeline.segments.filter(({ kind }) => kind === 'downtime' || kind === 'unknown');
  const downMs = downtime.reduce((sum, { from, to }) => sum + to - from, 0);
  return [
    {
      label: '소설',
      value: `${formatNumber(stories)}편`,
      notes: [
        `호출 ${formatNumber(attempts)}회`,
        ...(continuations > 0 ? [`그중 이어 쓰기 ${formatNumber(continuations)}회`] : []),
        ...(inBatches > 0 ? [`배치 ${formatNumber(timeline.batches.length)}개로 ${formatNumber(inBatches)}편`] : []),
        ...(doubtful > 0 ? [`확인할 것 ${formatNumber(doubtful)}편`] : []),
      ],
    },
    failureTile(report),
    {
      label: '토큰',
      value: formatNumber(tokens.total_tokens),
      notes: [
        `입력 ${formatNumber(tokens.input_tokens)}`,
        `출력 ${formatNumber(tokens.output_tokens)}`,
        ...(average === null ? [] : [`편당 ${formatNumber(Math.round(average))}`]),
      ],
    },
    {
      label: '비용',
      value: costUsd ? formatDollars(costUsd) : attempts === 0 ? '-' : isOffline || costUsd === 0 ? '없음' : '모름',
      notes: costUsd
        ? [
            inBatches > 0 ? '정가 기준, 배치는 절반' : '정가 기준',
            ...(stories === 0 ? [] : [`편당 ${formatDollars(costUsd / stories)}`]),
          ]
        : [
            isOffline
              ? '내장 작가'
              : costUsd === null && attempts > 0
                ? `${models.map(({ model }) => model).join(', ')}의 가격을 모릅니다`
                : '',
          ],
    },
    {
      label: '쓴 시간',
      value: generation === null ? '-' : formatShortDuration(generation.median),
      notes: [
        ...(generation === null ? [] : ['편당 중앙값', `최장 ${formatShortDuration(generation.max)}`]),
        ...(most > 1 ? [`한꺼번에 많아야 ${formatNumber(most)}편`] : []),
      ],
    },
    {
      label: '다시 시작',
      value: `${formatNumber(resumes)}회`,
      notes: [downMs === 0 ? '중단 없음' : `길어야 ${formatShortDuration(downMs)} 중단`],
    },
  ];
}

/** The failures by kind, counted as in the final statistics of the run. */
function failureTile({ statistics: { failures, lostCalls } }: Report) {
  const counts = Object.entries(failures) as [keyof typeof failures, number][];
  const total = counts.reduce((sum, [, count]) => sum + count, 0);
  return {
    label: '실패',
    value: `${formatNumber(total)}회`,
    notes: [
      ...counts
        .sort(([, a], [, b]) => b - a)
        .map(([kind, count]) => `${FAILED_CALL_LABELS[kind]} ${formatNumber(count)}`),
      ...(lostCalls > 0 ? [`${FAILED_CALL_LABELS.lost} ${formatNumber(lostCalls)}`] : []),
    ],
  };
}

/** The tiles as HTML. */
export function tileList(report: Report): Html {
  return html`<dl class="facts">${tilesOf(report).map(
    ({ label, value, notes }) =>
      html`<div><dt>${label}</dt><dd class="figure">${value}</dd>${notes
        .filter((line) => line !== '')
        .map((line) => html`<dd class="more">${line}</dd>`)}</div>`,
  )}</dl>`;
}

/** The most stories, or lines of detail, that a notice lists. */
export const MAX_NOTED = 20;

/** The notices. */
export function noticeSection(report: Report, paths: ReportPaths): Html {
  const notices = noticesOf(report);
  const list: Content =
    notices.length === 0
      ? html`<p>확인할 것이 없습니다.</p>`
      : html`<ul class="plain">${notices.map(
          (notice) =>
            html`<li>${notice.text}${noticeDetails(notice, paths)}${notice.commands.map(
              (command) => html`<code class="command">${command}</code>`,
            )}</li>`,
        )}</ul>`;
  return html`<section><h2>확인할 것</h2>${list}</section>`;
}

function noticeDetails({ details = [], stories = [] }: Notice, paths: ReportPaths): Content {
  const lines: Content[] = [
    ...details.slice(0, MAX_NOTED),
    ...stories.slice(0, MAX_NOTED).map(({ name, details: story }) => {
      const href = linkTo(name, paths.storyFolder, paths.output);
      return html`<a href="${href}">${story?.title ?? name}</a> (${name}.md)`;
    }),
  ];
  const left = details.length + stories.length - lines.length;
  if (lines.length === 0) return null;
  const rest = left > 0 ? html`<li>그 밖에 ${formatNumber(left)}가지</li>` : null;
  return html`<ul class="noted">${lines.map((line) => html`<li>${line}</li>`)}${rest}</ul>`;
}

/** Why a story is a highlight, in Korean. */
export function highlightReason({ reason, similarity, story }: Highlight): string {
  const similarityText = similarity === null ? '' : ` (가장 닮은 소설과 ${formatPercent(similarity)})`;
  return {
    leastSimilar: `다른 소설들과 가장 덜 닮은 소설${similarityText}`,
    only: '하나뿐인 소설',
    longest: `가장 긴 소설 (${characters(story)})`,
    latest: '가장 나중에 쓴 소설',
  }[reason];
}

/** The stories to read first. */
export function highlightSection({ highlights: [first, ...others] }: Report, paths: ReportPaths): Html {
  if (first === undefined) {
    return html`<section><h2>먼저 읽을 소설</h2><p class="note">아직 읽을 소설이 없습니다.</p></section>`;
  }
  const link = ({ story }: Highlight) =>
    html`<a class="title" href="${linkTo(story.name, paths.storyFolder, paths.output)}">${story.details?.title ?? story.name}</a>`;
  return html`<section class="pick"><h2>먼저 읽을 소설</h2><p class="meta">${highlightReason(first)}</p>${link(first)}${
    first.story.details?.opening ? html`<blockquote>${first.story.details.opening}</blockquote>` : null
  }${
    others.length === 0
      ? null
      : html`<div class="others">${others.map((highlight) => html`<p class="meta">${highlightReason(highlight)}: ${link(highlight)}</p>`)}</div>`
  }</section>`;
}
