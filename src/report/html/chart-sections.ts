import { formatNumber, formatPercent } from '../../lib/format-number.js';
import { endLabel } from '../../run/labels.js';
import { SIMILAR } from '../../story/similarity.js';
import { CARD_USES, cardChart, histogram } from '../charts/histograms.js';
import { capIsNear, failureChart, MAX_FAILURE_ROWS, type SpendingChart, spendingChart } from '../charts/time-charts.js';
import { timetableOf } from '../charts/timetable.js';
import { type StoryLabels, timetableChart } from '../charts/timetable-chart.js';
import { legendOf, timetableText } from '../charts/timetable-text.js';
import { FAILED_CALL_LABELS, failureCodeMeaning } from '../failure-labels.js';
import { formatDateTime, formatDollars, formatShortDuration } from '../labels.js';
import type { Report } from '../model/report.js';
import { chartSection, legend, table } from './components.js';
import { type Content, type Html, html } from './template.js';

// The sections of the page with charts. Each has a title, the same in a sentence with numbers, a chart, and for more
// detail a table.

/** Widths of charts for the full page and for a phone, in pixels. */
const DESKTOP_WIDTH = 920;
const PHONE_WIDTH = 350;

/** Fewer values than this are told in the sentence, without a chart. */
const MIN_DRAWN = 3;

/** How the time of the run was spent. */
export function timetableSection(report: Report, labels: StoryLabels): Html {
  const timetable = timetableOf(report);
  const text = timetableText(report, timetable);
  const { rows, unit } = timetable;
  const hasPaused = rows.some(({ pausedMs }) => pausedMs > 0);
  return chartSection({
    title: '무엇을 하며 시간을 보냈나',
    caption: `${text} 한 줄이 ${unit.name}입니다.`,
    chart: [
      legendOf(timetable),
      html`<div class="wide">${timetableChart(timetable, labels, DESKTOP_WIDTH, text)}</div>`,
      html`<div class="slim">${timetableChart(timetable, labels, PHONE_WIDTH, text)}</div>`,
    ],
    tables: [
      {
        name: '숫자로 보기',
        table: table(
          ['때', '소설', '실패', '쓴 시간', '한꺼번에', '기다린 시간', ...(hasPaused ? ['쉰 시간'] : []), '멈춘 시간'],
          rows.map(({ label, stories, failedCalls, generationMs, mostInHand, waitingMs, pausedMs, downMs }) => [
            label,
            formatNumber(stories),
            formatNumber(failedCalls),
            formatShortDuration(generationMs),
            `${formatNumber(mostInHand)}편`,
            formatShortDuration(waitingMs),
            ...(hasPaused ? [formatShortDuration(pausedMs)] : []),
            formatShortDuration(downMs),
          ]),
        ),
      },
      ...processTable(report),
    ],
  });
}

/** The most processes that are listed, the latest ones. */
const MAX_PROCESSES = 100;

/** The table of the run's processes, where there is more than one. */
function processTable({ timeline: { processes }, outcome }: Report): { name: string; table: Html }[] {
  if (processes.length < 2) return [];
  const shown = processes.slice(-MAX_PROCESSES);
  const rows = shown.map(({ from, to, purpose, pid, end }, at) => {
    const isRunning = outcome.kind === 'running' && at === shown.length - 1;
    const ending = end === null ? (isRunning ? '진행 중' : '강제 종료') : endLabel(end);
    return [purpose === 'recover' ? '뒷정리' : '실행', `${pid}`, formatDateTime(from), formatDateTime(to), ending];
  });
  const left = processes.length - shown.length;
  const name = `프로세스 ${formatNumber(processes.length)}개${left > 0 ? ` 가운데 마지막 ${formatNumber(MAX_PROCESSES)}개` : ''}`;
  return [{ name, table: table(['한 일', '번호', '시작', '마지막 기록', '어떻게 끝났나'], rows) }];
}

/** Failures over time. */
export function failureSection({ failedCallGroups, from, to }: Report): Html {
  const shown = failedCallGroups.slice(0, MAX_FAILURE_ROWS);
  const times = failedCallGroups.reduce((sum, group) => sum + group.times.length, 0);
  if (times === 0) return chartSection({ title: '실패', caption: '실패한 호출이 없습니다.' });
  const left = failedCallGroups.length - shown.length;
  const text = `소설이 되지 못한 호출 ${formatNumber(times)}회, 까닭은 ${formatNumber(failedCallGroups.length)}가지.`;
  return chartSection({
    title: '무엇이 언제 실패했나',
    caption: `${text}${left > 0 ? ` 잦은 ${formatNumber(shown.length)}가지만 그리고, 나머지는 표에 있습니다.` : ''}`,
    chart: [
      html`<div class="wide">${failureChart(failedCallGroups, from, to, DESKTOP_WIDTH, text)}</div>`,
      html`<div class="slim">${failureChart(failedCallGroups, from, to, PHONE_WIDTH, text)}</div>`,
    ],
    tables: [
      {
        name: '숫자로 보기',
        table: table(
          ['종류', '코드', '뜻', '횟수', '처음', '마지막', '쓴 토큰'],
          failedCallGroups.map(({ kind, code, times: at, tokens }) => [
            FAILED_CALL_LABELS[kind],
            html`<code>${code}</code>`,
            failureCodeMeaning(code, kind),
            formatNumber(at.length),
            formatDateTime(at[0] ?? 0),
            formatDateTime(at.at(-1) ?? 0),
            formatNumber(tokens),
          ]),
        ),
      },
    ],
  });
}

/** Tokens and cost over time. */
export function spendingSections(report: Report): Html[] {
  const { spending: points, statistics, context, isOffline } = report;
  const { tokens, costUsd } = statistics;
  const unknown =
    statistics.callsWithoutUsage > 0
      ? ' 점선은 사용량을 모르는 호출을 최댓값으로 친 것으로, 상한은 이것으로 셉니다.'
      : '';
  const tokenCap = context.caps.tokens;
  const tokenText = `모두 ${formatNumber(tokens.total_tokens)}토큰${capText(tokenCap, report.spent.tokens, formatNumber)}.`;
  const tokenSection = spendingSection({
    title: '토큰은 이렇게 쌓였습니다',
    text: tokenText + unknown,
    chart: {
      points,
      knownOf: (point) => point.tokens,
      atMostOf: (point) => point.atMost.tokens,
      cap: tokenCap,
      format: formatCompact,
      colour: 'var(--story)',
    },
  });
  if (!costUsd) {
    const reason =
      costUsd === null && !isOffline
        ? '모델의 가격을 몰라 비용을 셈하지 못했습니다.'
        : '내장 작가가 써서 든 비용이 없습니다.';
    return [
      tokenSection,
      chartSection({ title: '비용', caption: statistics.attempts === 0 ? '아직 든 비용이 없습니다.' : reason }),
    ];
  }
  const costText = `모두 ${formatDollars(costUsd)} (정가 기준)${capText(context.caps.costUsd, report.spent.costUsd, formatDollars)}.`;
  const costSection = spendingSection({
    title: '비용은 이렇게 쌓였습니다',
    text: costText + unknown,
    chart: {
      points,
      knownOf: (point) => point.costUsd ?? 0,
      atMostOf: (point) => point.atMost.costUsd,
      cap: context.caps.costUsd,
      format: (value) => `$${value >= 10 ? Math.round(value) : Number(value.toFixed(2))}`,
      colour: 'var(--money)',
    },
  });
  return [tokenSection, costSection];
}

function capText(cap: number | null, spent: number, format: (value: number) => string): string {
  if (cap === null) return '';
  const far = capIsNear(cap, spent) ? '' : ', 아직 멀어 그리지 않았습니다';
  return `, 지금 설정된 상한 ${format(cap)}의 ${formatPercent(spent / cap)}${far}`;
}

const compactFormat = new Intl.NumberFormat('ko-KR', { notation: 'compact', maximumFractionDigits: 1 });
const formatCompact = (value: number) => compactFormat.format(value);

function spendingSection({
  title,
  text,
  chart,
}: {
  title: string;
  text: string;
  chart: Omit<SpendingChart, 'ariaLabel'>;
}): Html {
  // A curve needs some steps; the sentence tells the total.
  if (chart.points.length < MIN_DRAWN + 1) return chartSection({ title, caption: text });
  return chartSection({ title, caption: text, chart: spendingChart({ ...chart, ariaLabel: text }) });
}

/** The time that stories took. */
export function generationSection({ generation, stories }: Report): Html {
  const title = '한 편을 쓰는 데 걸린 시간';
  const inBatches = stories.some(({ batch }) => batch !== null);
  const share = inBatches ? ' 배치의 소설은 배치에 걸린 시간을 편수로 나눈 값입니다.' : '';
  if (generation === null) return chartSection({ title, caption: '아직 쓴 소설이 없습니다.' });
  const { values, min, median, p90, max } = generation;
  if (values.length < MIN_DRAWN || min === max)
    return chartSection({ title, caption: `${[...new Set(values.map(formatShortDuration))].join(', ')}.${share}` });
  const text = `절반은 ${formatShortDuration(median)} 안에, 열에 아홉은 ${formatShortDuration(p90)} 안에 썼습니다. 짧게는 ${formatShortDuration(min)}, 길게는 ${formatShortDuration(max)}.${share}`;
  const inMinutes = max > 300_000;
  return chartSection({
    title,
    caption: text,
    chart: histogram({
      distribution: generation,
      scale: (ms) => ms / (inMinutes ? 60_000 : 1000),
      unit: inMinutes ? '분' : '초',
      from: null,
      marks: [{ value: median, label: `중앙값 ${formatShortDuration(median)}` }],
      colour: 'var(--story)',
      ariaLabel: text,
    }),
  });
}

/** The similarity of stories. @param nameOf makes the link to a story */
export function similaritySection(report: Report, nameOf: (name: string) => Content): Html {
  const { similarity, mostSimilar, context } = report;
  const title = '앞선 소설과 얼마나 닮았나';
  if (similarity === null || mostSimilar === null)
    return chartSection({ title, caption: '견주어 볼 앞선 소설이 없었습니다.' });
  const pair = html`<p class="meta">가장 닮은 두 편(${formatPercent(mostSimilar.score)}): ${nameOf(mostSimilar.name)}, ${nameOf(mostSimilar.other)}</p>`;
  if (similarity.values.length < MIN_DRAWN)
    return chartSection({ title, caption: '글자 묶음이 겹치는 비율입니다.', after: pair });
  const { median, max } = similarity;
  const limit = context.maxLikeness;
  const marks = [
    ...(limit !== null && limit < max * 3 ? [{ value: limit, label: `따로 보관하는 선 ${formatPercent(limit)}` }] : []),
    ...(limit === null && max > SIMILAR ? [{ value: SIMILAR, label: `경고하는 선 ${formatPercent(SIMILAR)}` }] : []),
  ];
  const text = `소설마다 가장 닮은 앞선 소설과 글자 묶음이 겹치는 비율. 절반은 ${formatPercent(median)} 아래이고, 가장 큰 값은 ${formatPercent(max)}입니다.`;
  return chartSection({
    title,
    caption: text,
    chart: histogram({
      distribution: similarity,
      scale: (share) => share * 100,
      unit: '%',
      from: 0,
      marks,
      colour: 'var(--story)',
      ariaLabel: text,
    }),
    after: pair,
  });
}

/** Who wrote what, where several models wrote. */
export function modelSection({ models }: Report): Html | null {
  if (models.length < 2) return null;
  const rows = models.map(({ model, stories, setAside, tokens, costUsd }) => [
    html`<code>${model}</code>`,
    `${formatNumber(stories)}편`,
    `${formatNumber(setAside)}건`,
    formatNumber(tokens),
    costUsd === null ? '모름' : formatDollars(costUsd),
  ]);
  return chartSection({
    title: '누가 썼나',
    caption: `모델 ${formatNumber(models.length)}개가 썼습니다. 토큰과 비용은 저장하거나 따로 보관한 글의 것입니다.`,
    chart: table(['모델', '소설', '따로 보관', '토큰', '비용'], rows),
  });
}

/** The use of cards. */
export function cardSection({ axes, stories }: Report): Html {
  const title = '어떤 소재 카드를 썼나';
  if (axes.length === 0) return chartSection({ title, caption: '아직 쓴 카드가 없습니다.' });
  const used = axes.reduce((sum, { cards }) => sum + cards.length, 0);
  const repeated = axes.filter(({ cards }) => (cards[0]?.times ?? 0) > 1).length;
  const text = `소설 ${formatNumber(stories.length)}편에 서로 다른 카드 ${formatNumber(used)}장을 썼습니다. ${repeated === 0 ? '두 번 쓴 카드는 없습니다.' : ''}`;
  return chartSection({
    title,
    caption: text,
    chart: [
      legend(CARD_USES),
      html`<div class="wide">${cardChart(axes, text, DESKTOP_WIDTH)}</div>`,
      html`<div class="slim">${cardChart(axes, text, PHONE_WIDTH)}</div>`,
    ],
    tables: [
      {
        name: '숫자로 보기',
        table: table(
          ['축', '쓴 카드', '모두', '가장 자주 쓴 카드'],
          axes.map(({ label, total, cards }) => [
            label,
            formatNumber(cards.length),
            total === null ? '모름' : formatNumber(total),
            cards
              .slice(0, 3)
              .map(({ text: card, times }) => `${card} (${formatNumber(times)}번)`)
              .join(', '),
          ]),
        ),
      },
    ],
  });
}
