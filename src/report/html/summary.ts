import { formatNumber, formatPercent } from '../../lib/format-number.js';
import { averageTokens } from '../../run/statistics.js';
import { dollars, duration, TROUBLES } from '../labels.js';
import type { FirstRead } from '../model/highlights.js';
import { noticesOf } from '../model/notices.js';
import type { Report } from '../model/report.js';
import { linkTo, type Places } from './links.js';
import { characters } from './list-sections.js';
import { type Content, type Html, html } from './template.js';

// The first screen of the page: the figures, what waits for a person, what to read first.

/** The figures, each with what explains it. */
export function factsOf(report: Report): { name: string; figure: string; more: string[] }[] {
  const { statistics, generation, resumes, chronicle, offline, models } = report;
  const { stories, attempts, tokens, costUsd, continuations } = statistics;
  const average = averageTokens(statistics);
  const down = chronicle.spans.filter(({ what }) => what === 'down' || what === 'unknown');
  const downMs = down.reduce((sum, { from, to }) => sum + to - from, 0);
  return [
    {
      name: '소설',
      figure: `${formatNumber(stories)}편`,
      more: [
        `호출 ${formatNumber(attempts)}회`,
        ...(continuations > 0 ? [`그중 이어 쓰기 ${formatNumber(continuations)}회`] : []),
      ],
    },
    failures(report),
    {
      name: '토큰',
      figure: formatNumber(tokens.total_tokens),
      more: [
        `입력 ${formatNumber(tokens.input_tokens)}`,
        `출력 ${formatNumber(tokens.output_tokens)}`,
        ...(average === null ? [] : [`한 편에 ${formatNumber(Math.round(average))}`]),
      ],
    },
    {
      name: '비용',
      figure: costUsd ? dollars(costUsd) : attempts === 0 ? '-' : offline || costUsd === 0 ? '없음' : '모름',
      more: costUsd
        ? ['정가 기준', ...(stories === 0 ? [] : [`한 편에 ${dollars(costUsd / stories)}`])]
        : [offline ? '내장 작가' : costUsd === null && attempts > 0 ? `${models.join(', ')}의 가격을 모릅니다` : ''],
    },
    {
      name: '쓴 시간',
      figure: generation === null ? '-' : duration(generation.median),
      more: generation === null ? [] : ['한 편의 가운데값', `길게는 ${duration(generation.most)}`],
    },
    {
      name: '다시 시작',
      figure: `${formatNumber(resumes)}회`,
      more: [downMs === 0 ? '멈춘 때 없음' : `길어야 ${duration(downMs)} 멈춤`],
    },
  ];
}

/** By kind, as the final statistics of the run count them. */
function failures({ statistics: { failures: kinds, lostCalls } }: Report) {
  const counts = Object.entries(kinds) as [keyof typeof kinds, number][];
  const all = counts.reduce((sum, [, count]) => sum + count, 0);
  return {
    name: '실패',
    figure: `${formatNumber(all)}회`,
    more: [
      ...counts.sort(([, a], [, b]) => b - a).map(([kind, count]) => `${TROUBLES[kind]} ${formatNumber(count)}`),
      ...(lostCalls > 0 ? [`${TROUBLES.lost} ${formatNumber(lostCalls)}`] : []),
    ],
  };
}

export function factList(report: Report): Html {
  return html`<dl class="facts">${factsOf(report).map(
    ({ name, figure, more }) =>
      html`<div><dt>${name}</dt><dd class="figure">${figure}</dd>${more
        .filter((line) => line !== '')
        .map((line) => html`<dd class="more">${line}</dd>`)}</div>`,
  )}</dl>`;
}

export function attention(report: Report): Html {
  const notices = noticesOf(report);
  const list: Content =
    notices.length === 0
      ? html`<p>기다리는 일이 없습니다.</p>`
      : html`<ul class="plain">${notices.map(
          ({ text, commands }) =>
            html`<li>${text}${commands.map((command) => html`<code class="command">${command}</code>`)}</li>`,
        )}</ul>`;
  return html`<section><h2>챙길 것</h2>${list}</section>`;
}

/** Why a story is to be read first. */
export function whyFirst({ why, likeness, story }: FirstRead): string {
  const alike = likeness === null ? '' : ` (가장 닮은 소설과 ${formatPercent(likeness)})`;
  return {
    unlike: `다른 소설들과 가장 덜 닮은 소설${alike}`,
    only: '하나뿐인 소설',
    longest: `가장 긴 소설 (${characters(story)})`,
    latest: '가장 나중에 쓴 소설',
  }[why];
}

export function firstReads({ picks: [first, ...others] }: Report, places: Places): Html {
  if (first === undefined) {
    return html`<section><h2>먼저 읽을 소설</h2><p class="note">아직 읽을 소설이 없습니다.</p></section>`;
  }
  const link = ({ story }: FirstRead) =>
    html`<a class="title" href="${linkTo(story.name, places.storyFolder, places.output)}">${story.facts?.title ?? story.name}</a>`;
  return html`<section class="pick"><h2>먼저 읽을 소설</h2><p class="meta">${whyFirst(first)}</p>${link(first)}${
    first.story.facts?.opening ? html`<blockquote>${first.story.facts.opening}</blockquote>` : null
  }${
    others.length === 0
      ? null
      : html`<div class="others">${others.map((pick) => html`<p class="meta">${whyFirst(pick)}: ${link(pick)}</p>`)}</div>`
  }</section>`;
}
