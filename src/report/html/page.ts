import { formatNumber } from '../../lib/format-number.js';
import { formatDateTime, formatLongPeriod, formatShortDuration, headlineOf, runOutcomeLabel } from '../labels.js';
import type { Report } from '../model/report.js';
import {
  cardSection,
  failureSection,
  generationSection,
  modelSection,
  similaritySection,
  spendingSections,
  timetableSection,
} from './chart-sections.js';
import { linkTo, type ReportPaths } from './links.js';
import { listedStories, setAsideList, storyList } from './list-sections.js';
import { STYLE } from './stylesheet.js';
import { highlightSection, noticeSection, tileList } from './summary.js';
import { type Content, html } from './template.js';

/** The whole page: one self-contained HTML file that makes no requests. Pure. */
export function toPage(report: Report, paths: ReportPaths): string {
  const { from, to, statistics, runId, runName, madeAt, outcome, titles } = report;
  const headline = headlineOf(outcome, statistics.stories, to - from);
  const listed = new Set(listedStories(report).map(({ number }) => number));
  const rows = new Map(report.stories.map((row) => [row.number, row]));
  const labels = {
    title: (number: number) => `${number}. ${rows.get(number)?.details?.title ?? rows.get(number)?.name ?? ''}`,
    href: (number: number) => (listed.has(number) ? `#s${number}` : null),
  };
  const nameOf = (name: string): Content =>
    titles.has(name)
      ? html`<a href="${linkTo(name, paths.storyFolder, paths.output)}">${titles.get(name) ?? name}</a>`
      : name;
  const page = html`<!doctype html>
<html lang="ko">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="referrer" content="no-referrer">
<title>${`${runOutcomeLabel(outcome)}: 소설 ${formatNumber(statistics.stories)}편 - ${formatDateTime(from)}`}</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<header>
<p class="kicker">호러 소설 생성기 실행 보고서 · ${runOutcomeLabel(outcome)}</p>
<h1>${headline}</h1>
<p class="sub">${formatLongPeriod(from, to)} (${formatShortDuration(to - from)})</p>
</header>
<main>
${tileList(report)}
<div class="two">${noticeSection(report, paths)}${highlightSection(report, paths)}</div>
${timetableSection(report, labels)}
${failureSection(report)}
<div class="two">${spendingSections(report)}</div>
<div class="two">${generationSection(report)}${similaritySection(report, nameOf)}</div>
${modelSection(report)}
${cardSection(report)}
${setAsideList(report, paths)}
${storyList(report, paths)}
</main>
<footer>
<p>실행 ${runId} (이름 ${runName})${report.models.length === 0 ? null : ` · 모델 ${report.models.map(({ model }) => model).join(', ')}`}</p>
<p>${formatDateTime(madeAt)}에 장부와 소설의 메타데이터로 만들었습니다. 다시 만들기: <code>npm run report -- --run ${runId}</code></p>
</footer>
</body>
</html>
`;
  return page.text;
}
