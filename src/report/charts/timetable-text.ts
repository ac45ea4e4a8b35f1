import { josa } from 'es-hangul';
import { formatNumber } from '../../lib/format-number.js';
import { PAUSE_REASONS, pauseLabel } from '../../run/labels.js';
import { type LegendEntry, legend } from '../html/components.js';
import type { Html } from '../html/template.js';
import { formatPeriod, formatShortDuration } from '../labels.js';
import { pausesOf } from '../model/pauses.js';
import type { Report } from '../model/report.js';
import type { Segment } from '../model/timeline.js';
import { inHandOver, isWriting, mostInHand } from './lanes.js';
import type { Timetable } from './timetable.js';
import { failureColour, pauseColour } from './timetable-chart.js';

/** The timetable as Korean sentences: how the time was spent, and the longest time without a story. */
export function timetableText({ timeline: { segments, stories }, from, to }: Report, { cells }: Timetable): string {
  const most = mostInHand(segments);
  const sum = (...kinds: string[]) =>
    segments.filter(({ kind }) => kinds.includes(kind)).reduce((ms, { from: start, to: end }) => ms + end - start, 0);
  const downMs = sum('downtime', 'unknown');
  const [waiting, retry, batches] = [sum('interval'), sum('retry'), sum('batch')];
  const writing = inHandOver(segments.filter(isWriting)).reduce((ms, { from: start, to: end }) => ms + end - start, 0);
  const sideBySide = most > 1 ? ` (한꺼번에 많아야 ${formatNumber(most)}편)` : '';
  const parts = [
    ...(writing > 0 || batches === 0 ? [`쓰는 데 ${formatShortDuration(writing)}${sideBySide}`] : []),
    ...(batches > 0 ? [`배치의 결과를 기다리며 ${formatShortDuration(batches)}`] : []),
    ...(waiting > 0 ? [`다음 소설을 기다리며 ${formatShortDuration(waiting)}`] : []),
    ...(retry > 0 ? [`실패한 뒤 기다리며 ${formatShortDuration(retry)}`] : []),
    ...pauseParts(segments),
    ...(downMs > 0 ? [`멈춘 채 길어야 ${formatShortDuration(downMs)}`] : []),
  ];
  const gap = longestGap([from, ...stories.map(({ at }) => at), to]);
  const longestGapText =
    stories.length > 1
      ? ` 소설 없이 가장 오래 지난 때는 ${formatPeriod(gap.from, gap.to)}(${formatShortDuration(gap.to - gap.from)}).`
      : '';
  const groupedText = cells === null ? '' : ' 호출이 많아 칸마다 모아 그렸습니다.';
  return `${withParticle(parts.join(', '))} 보냈습니다.${longestGapText}${groupedText}`;
}

/** All pauses together, and each reason in brackets where there are several. */
function pauseParts(segments: readonly Segment[]): string[] {
  const pauses = pausesOf(segments);
  if (pauses.length === 0) return [];
  const all = formatShortDuration(pauses.reduce((sum, { ms }) => sum + ms, 0));
  const each = pauses.map(({ reason, ms }) =>
    pauses.length === 1 ? pauseLabel(reason) : `${pauseLabel(reason)} ${formatShortDuration(ms)}`,
  );
  return [`쉬며 ${all} (${each.join(', ')})`];
}

/** The particle goes by the word before the brackets. */
function withParticle(text: string): string {
  const [, words = text, brackets = ''] = /^(.*?)( \([^)]*\))?$/.exec(text) ?? [];
  return `${words}${brackets}${josa.pick(words, '을/를')}`;
}

function longestGap(moments: readonly number[]): { from: number; to: number } {
  let gap = { from: 0, to: 0 };
  for (const [index, to] of moments.entries()) {
    const from = moments[index - 1] ?? to;
    if (to - from > gap.to - gap.from) gap = { from, to };
  }
  return gap;
}

/** The legend of the timetable, with the colours that occur in it. */
export function legendOf({ segments, cells, laneCount, restarts }: Timetable): Html {
  const has = (kind: string) => segments.some(({ of: segment }) => segment.kind === kind);
  const hasColour = (colour: string) =>
    segments.some(({ of: { failedCall } }) => failedCall !== undefined && failureColour(failedCall.kind) === colour);
  const isProcessed = segments.every(({ of: { failedCall } }) => failedCall?.kind !== 'unprocessed');
  const lostText = isProcessed ? '끊기거나 포기한 호출' : '끊기거나 포기하거나 처리되지 않은 호출';
  const entries: [boolean, LegendEntry][] = [
    [has('story') || cells !== null, { colour: 'var(--story)', text: storyText(cells !== null, laneCount) }],
    [has('batch'), { colour: 'var(--batch)', text: '배치 대기' }],
    [has('open'), { colour: 'var(--open)', text: '쓰는 중' }],
    [true, { colour: 'var(--alive)', text: '다음 소설을 기다림' }],
    ...PAUSE_REASONS.map((reason): [boolean, LegendEntry] => [
      segments.some(({ of: { pause } }) => pause === reason),
      { colour: pauseColour(reason), text: `쉼: ${pauseLabel(reason)}` },
    ]),
    [has('retry'), { colour: 'var(--transient)', shape: 'thin', text: '실패 뒤 기다림' }],
    [
      hasColour('var(--transient)') || cells !== null,
      { colour: 'var(--transient)', text: cells === null ? '일시적 실패' : '실패' },
    ],
    [hasColour('var(--unusable)'), { colour: 'var(--unusable)', text: '소설로 쓸 수 없는 답' }],
    [hasColour('var(--grave)'), { colour: 'var(--grave)', text: 'API의 거부, 한도, 예상 밖의 문제' }],
    [hasColour('var(--lost)'), { colour: 'var(--lost)', text: lostText }],
    [has('downtime') || has('unknown'), { colour: 'var(--lost)', shape: 'dots', text: '멈춤' }],
    [has('missingHistory'), { colour: 'var(--lost)', shape: 'dots', text: '모르는 시간' }],
    [
      restarts.length > 0,
      { colour: 'var(--ink)', shape: 'up', text: `다시 시작 (${formatNumber(restarts.length)}회)` },
    ],
  ];
  return legend(entries.flatMap(([shown, entry]) => (shown ? [entry] : [])));
}

function storyText(isGrouped: boolean, laneCount: number): string {
  if (isGrouped) return '소설을 쓴 때 (짙을수록 여러 편이거나 오래)';
  return laneCount > 1 ? '소설을 쓴 때 (나란한 줄은 한꺼번에 쓴 소설)' : '소설을 쓴 때';
}
