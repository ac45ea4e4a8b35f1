import { formatNumber, formatPercent } from '../../lib/format-number.js';
import { SIMILAR } from '../../story/similarity.js';
import { CARD_USES, cardChart, histogram } from '../charts/histograms.js';
import { capIsNear, type GrowthChart, growthChart, TROUBLE_ROWS, troubleChart } from '../charts/time-charts.js';
import { timetableOf } from '../charts/timetable.js';
import { type StoryLabels, timetableChart } from '../charts/timetable-chart.js';
import { legendOf, timetableText } from '../charts/timetable-text.js';
import { dollars, duration, endWord, meaningOf, moment, TROUBLES } from '../labels.js';
import type { Report } from '../model/report.js';
import { figureSection, legend, table } from './components.js';
import { type Content, type Html, html } from './template.js';

// The sections of the page that show something: each has a title that says what one sees, a sentence that says it in
// words, a drawing, and where that is not enough a table.

/** The width of the page and that of a phone, in pixels. */
const WIDE = 920;
const SLIM = 350;

/** Fewer of anything than this are not drawn; their numbers are said. */
const FEW = 3;

export function timetableSection(report: Report, labels: StoryLabels): Html {
  const timetable = timetableOf(report);
  const text = timetableText(report, timetable);
  const { rows, unit } = timetable;
  return figureSection({
    title: '무엇을 하며 시간을 보냈나',
    caption: `${text} 한 줄이 ${unit.name}입니다.`,
    drawing: [
      legendOf(timetable),
      html`<div class="wide">${timetableChart(timetable, labels, WIDE, text)}</div>`,
      html`<div class="slim">${timetableChart(timetable, labels, SLIM, text)}</div>`,
    ],
    tables: [
      {
        name: '숫자로 보기',
        table: table(
          ['때', '소설', '실패', '쓴 시간', '기다린 시간', '멈춘 시간'],
          rows.map(({ label, stories, troubles, generationMs, waitingMs, downMs }) => [
            label,
            formatNumber(stories),
            formatNumber(troubles),
            duration(generationMs),
            duration(waitingMs),
            duration(downMs),
          ]),
        ),
      },
      ...processTable(report),
    ],
  });
}

/** So many processes are listed, the latest. */
const PROCESSES = 100;

/** Who had the run, where it was more than one. */
function processTable({ chronicle: { lives }, standing }: Report): { name: string; table: Html }[] {
  if (lives.length < 2) return [];
  const shown = lives.slice(-PROCESSES);
  const rows = shown.map(({ from, to, purpose, pid, end }, at) => {
    const goesOn = standing.kind === 'running' && at === shown.length - 1;
    const how = end === null ? (goesOn ? '진행 중' : '강제 종료') : endWord(end);
    return [purpose === 'recover' ? '뒷정리' : '실행', `${pid}`, moment(from), moment(to), how];
  });
  const left = lives.length - shown.length;
  const name = `프로세스 ${formatNumber(lives.length)}개${left > 0 ? ` 가운데 마지막 ${formatNumber(PROCESSES)}개` : ''}`;
  return [{ name, table: table(['한 일', '번호', '시작', '마지막 기록', '어떻게 끝났나'], rows) }];
}

export function troubleSection({ troubles, from, to }: Report): Html {
  const shown = troubles.slice(0, TROUBLE_ROWS);
  const times = troubles.reduce((sum, group) => sum + group.times.length, 0);
  if (times === 0) return figureSection({ title: '실패', caption: '실패한 호출이 없습니다.' });
  const left = troubles.length - shown.length;
  const text = `소설이 되지 못한 호출 ${formatNumber(times)}회, 까닭은 ${formatNumber(troubles.length)}가지.`;
  return figureSection({
    title: '무엇이 언제 실패했나',
    caption: `${text}${left > 0 ? ` 잦은 ${formatNumber(shown.length)}가지만 그리고, 나머지는 표에 있습니다.` : ''}`,
    drawing: [
      html`<div class="wide">${troubleChart(troubles, from, to, WIDE, text)}</div>`,
      html`<div class="slim">${troubleChart(troubles, from, to, SLIM, text)}</div>`,
    ],
    tables: [
      {
        name: '숫자로 보기',
        table: table(
          ['종류', '코드', '뜻', '횟수', '처음', '마지막', '쓴 토큰'],
          troubles.map(({ kind, code, times: at, tokens }) => [
            TROUBLES[kind],
            html`<code>${code}</code>`,
            meaningOf(code),
            formatNumber(at.length),
            moment(at[0] ?? 0),
            moment(at.at(-1) ?? 0),
            formatNumber(tokens),
          ]),
        ),
      },
    ],
  });
}

export function growthSections(report: Report): Html[] {
  const { growth: points, statistics, context, offline } = report;
  const { tokens, costUsd } = statistics;
  const unknown =
    statistics.callsWithoutUsage > 0
      ? ' 점선은 사용량을 모르는 호출을 최댓값으로 친 것으로, 상한은 이것으로 셉니다.'
      : '';
  const tokenCap = context.caps.tokens;
  const tokenText = `모두 ${formatNumber(tokens.total_tokens)}토큰${capText(tokenCap, report.spent.tokens, formatNumber)}.`;
  const tokenSection = grown({
    title: '토큰은 이렇게 쌓였습니다',
    text: tokenText + unknown,
    chart: {
      points,
      knownOf: (point) => point.tokens,
      atMostOf: (point) => point.atMost.tokens,
      cap: tokenCap,
      format: compact,
      colour: 'var(--story)',
    },
  });
  if (!costUsd) {
    const why =
      costUsd === null && !offline
        ? '모델의 가격을 몰라 비용을 셈하지 못했습니다.'
        : '내장 작가가 써서 든 비용이 없습니다.';
    return [
      tokenSection,
      figureSection({ title: '비용', caption: statistics.attempts === 0 ? '아직 든 비용이 없습니다.' : why }),
    ];
  }
  const costText = `모두 ${dollars(costUsd)} (정가 기준)${capText(context.caps.costUsd, report.spent.costUsd, dollars)}.`;
  const costSection = grown({
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
  const near = capIsNear(cap, spent) ? '' : ', 아직 멀어 그리지 않았습니다';
  return `, 지금 설정된 상한 ${format(cap)}의 ${formatPercent(spent / cap)}${near}`;
}

const short = new Intl.NumberFormat('ko-KR', { notation: 'compact', maximumFractionDigits: 1 });
const compact = (value: number) => short.format(value);

function grown({ title, text, chart }: { title: string; text: string; chart: Omit<GrowthChart, 'ariaLabel'> }): Html {
  // One step is no course of things; the text tells it.
  if (chart.points.length < FEW + 1) return figureSection({ title, caption: text });
  return figureSection({ title, caption: text, drawing: growthChart({ ...chart, ariaLabel: text }) });
}

export function generationSection({ generation }: Report): Html {
  const title = '한 편을 쓰는 데 걸린 시간';
  if (generation === null) return figureSection({ title, caption: '아직 쓴 소설이 없습니다.' });
  const { values, least, median, ninetieth, most } = generation;
  if (values.length < FEW || least === most)
    return figureSection({ title, caption: `${[...new Set(values.map(duration))].join(', ')}.` });
  const text = `절반은 ${duration(median)} 안에, 열에 아홉은 ${duration(ninetieth)} 안에 썼습니다. 짧게는 ${duration(least)}, 길게는 ${duration(most)}.`;
  const inMinutes = most > 300_000;
  return figureSection({
    title,
    caption: text,
    drawing: histogram({
      of: generation,
      scale: (ms) => ms / (inMinutes ? 60_000 : 1000),
      unit: inMinutes ? '분' : '초',
      from: null,
      marks: [{ value: median, label: `가운데값 ${duration(median)}` }],
      colour: 'var(--story)',
      ariaLabel: text,
    }),
  });
}

export function likenessSection(report: Report, nameOf: (name: string) => Content): Html {
  const { likeness, mostAlike, context } = report;
  const title = '앞선 소설과 얼마나 닮았나';
  if (likeness === null || mostAlike === null)
    return figureSection({ title, caption: '견주어 볼 앞선 소설이 없었습니다.' });
  const pair = html`<p class="meta">가장 닮은 두 편(${formatPercent(mostAlike.score)}): ${nameOf(mostAlike.name)}, ${nameOf(mostAlike.other)}</p>`;
  if (likeness.values.length < FEW)
    return figureSection({ title, caption: '글자 묶음이 겹치는 비율입니다.', after: pair });
  const { median, most } = likeness;
  const limit = context.maxLikeness;
  const marks = [
    ...(limit !== null && limit < most * 3
      ? [{ value: limit, label: `따로 보관하는 선 ${formatPercent(limit)}` }]
      : []),
    ...(limit === null && most > SIMILAR ? [{ value: SIMILAR, label: `경고하는 선 ${formatPercent(SIMILAR)}` }] : []),
  ];
  const text = `소설마다 가장 닮은 앞선 소설과 글자 묶음이 겹치는 비율. 절반은 ${formatPercent(median)} 아래이고, 가장 큰 값은 ${formatPercent(most)}입니다.`;
  return figureSection({
    title,
    caption: text,
    drawing: histogram({
      of: likeness,
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

export function cardSection({ axes, stories }: Report): Html {
  const title = '어떤 소재 카드를 썼나';
  if (axes.length === 0) return figureSection({ title, caption: '아직 쓴 카드가 없습니다.' });
  const used = axes.reduce((sum, { cards }) => sum + cards.length, 0);
  const repeated = axes.filter(({ cards }) => (cards[0]?.times ?? 0) > 1).length;
  const text = `소설 ${formatNumber(stories.length)}편에 서로 다른 카드 ${formatNumber(used)}장을 썼습니다. ${repeated === 0 ? '두 번 쓴 카드는 없습니다.' : ''}`;
  return figureSection({
    title,
    caption: text,
    drawing: [
      legend(CARD_USES),
      html`<div class="wide">${cardChart(axes, text, WIDE)}</div>`,
      html`<div class="slim">${cardChart(axes, text, SLIM)}</div>`,
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
