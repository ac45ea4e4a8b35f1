import { formatNumber, formatPercent } from '../../lib/format-number.js';
import { NEAR_CAP } from '../../run/budget.js';
import { SIMILAR } from '../../story/similarity.js';
import { failureCodeMeaning } from '../failure-labels.js';
import { formatDateTime, formatDollars } from '../labels.js';
import type { Report, SetAsideGroup, SetAsideRow } from './report.js';
import type { StoryRow } from './timeline.js';

/** Something that the user should do or know. */
export interface Notice {
  /** Korean. */
  text: string;
  /** Details in Korean, one line each. */
  details?: readonly string[];
  /** The texts that are set aside, where the notice is about them. */
  setAside?: readonly SetAsideRow[];
  /** The stories that it is about. */
  stories?: readonly StoryRow[];
  /** Commands to choose from. */
  commands: readonly string[];
}

const RESTART_COMMANDS = ['npx pm2 start ecosystem.config.cjs', 'npm start -- --resume'];
const SET_ASIDE_COMMANDS = ['npm run set-aside -- list'];
const BATCH_COMMANDS = ['npm start -- --resume', 'npm run batches -- list'];

/** All notices of a report, most urgent first. */
export function noticesOf(report: Report): Notice[] {
  return [
    ...outcomeNotices(report),
    ...batchNotices(report),
    ...capNotices(report),
    ...doubtNotices(report),
    ...storyNotices(report),
    ...unknownUsageNotices(report),
    ...ledgerNotices(report),
  ];
}

function outcomeNotices(report: Report): Notice[] {
  const { outcome, failedCallGroups } = report;
  if (outcome.kind === 'killed') {
    return [{ text: '프로세스가 강제 종료되었습니다. 다시 시작하면 이어서 합니다', commands: RESTART_COMMANDS }];
  }
  if (outcome.kind !== 'interrupted') return [];
  const fatalGroup = failedCallGroups.find(({ kind }) => kind === 'blocked' || kind === 'fatal');
  switch (outcome.reason) {
    case 'refused':
      return [
        {
          text: `${fatalGroup?.kind === 'blocked' ? '결제와 사용 한도를' : '키, 권한, 모델 설정을'} 확인한 뒤 다시 시작하세요${fatalGroup === undefined ? '' : ` (${fatalGroup.code})`}`,
          commands: RESTART_COMMANDS,
        },
      ];
    case 'rejected':
      return [
        {
          text: `${rejectedText(report)}. 까닭을 보고 모델이나 설정을 바꾼 뒤 다시 시작하세요`,
          commands: RESTART_COMMANDS,
        },
      ];
    case 'exhausted':
      return [{ text: '연속 실패의 까닭을 아래에서 확인한 뒤 다시 시작하세요', commands: RESTART_COMMANDS }];
    case 'uncaught':
      return [
        { text: '로그의 마지막 줄들에 까닭이 있습니다. 그 뒤 다시 시작하면 이어서 합니다', commands: RESTART_COMMANDS },
      ];
    default:
      return [{ text: '중단된 실행입니다. 다시 시작하면 이어서 합니다', commands: RESTART_COMMANDS }];
  }
}

/** The reasons why the answers after the last story were no stories. */
function rejectedText({ timeline: { failedCalls, stories } }: Report): string {
  const since = stories.at(-1)?.at ?? 0;
  const rejected = failedCalls.filter(({ at, kind }) => at >= since && (kind === 'unusable' || kind === 'incomplete'));
  const codes = new Map<string, number>();
  for (const { code } of rejected) codes.set(code, (codes.get(code) ?? 0) + 1);
  const counts = [...codes]
    .sort(([, a], [, b]) => b - a)
    .map(([code, count]) => `${failureCodeMeaning(code) || code} ${formatNumber(count)}번`);
  return counts.length === 0
    ? '값을 치른 답이 잇달아 소설이 되지 못했습니다'
    : `마지막 소설 뒤의 답이 모두 소설이 되지 못했습니다 (${counts.join(', ')})`;
}

/** Batches that nothing waits for: they were paid for, and the next start collects them. */
function batchNotices({ outcome, timeline: { batches } }: Report): Notice[] {
  const out = batches.filter(({ isClosed }) => !isClosed);
  if (outcome.kind === 'running' || out.length === 0) return [];
  const calls = out.reduce((sum, { openCalls }) => sum + openCalls, 0);
  return [
    {
      text: `거두지 않은 배치 ${formatNumber(out.length)}개에 소설 ${formatNumber(calls)}편이 남아 있습니다. API가 결과를 29일 동안 보관하니 그 안에 거두세요`,
      details: out.map(({ id, key, at }) => `${formatDateTime(at)}에 맡긴 ${id ?? `${key} (번호 모름)`}`),
      commands: BATCH_COMMANDS,
    },
  ];
}

function doubtNotices({ stories }: Report): Notice[] {
  const doubtful = stories.filter(({ details }) => details !== null && details.doubts.length > 0);
  if (doubtful.length === 0) return [];
  const text = `확인할 소설 ${formatNumber(doubtful.length)}편: 저장했지만 의심스러운 점이 있습니다`;
  return [{ text, stories: doubtful, commands: [] }];
}

function capNotices({ spent, context: { caps } }: Report): Notice[] {
  const notices: Notice[] = [];
  if (caps.tokens !== null && spent.tokens >= NEAR_CAP * caps.tokens) {
    const share = formatPercent(spent.tokens / caps.tokens);
    notices.push({ text: `토큰 상한 ${formatNumber(caps.tokens)}의 ${share}를 썼습니다`, commands: [] });
  }
  if (caps.costUsd !== null && spent.costUsd >= NEAR_CAP * caps.costUsd) {
    const share = formatPercent(spent.costUsd / caps.costUsd);
    notices.push({ text: `비용 상한 ${formatDollars(caps.costUsd)}의 ${share}를 썼습니다`, commands: [] });
  }
  return notices;
}

function storyNotices({ setAside, setAsideGroups, othersSetAside, stories, mostSimilar }: Report): Notice[] {
  const notices: Notice[] = [];
  if (setAside.length > 0) {
    notices.push({
      text: `따로 보관한 글 ${formatNumber(setAside.length)}건이 있습니다${reasonsOf(setAsideGroups)}`,
      setAside,
      commands: SET_ASIDE_COMMANDS,
    });
  }
  if (othersSetAside > 0) {
    const text = `다른 실행이 따로 보관한 글도 ${formatNumber(othersSetAside)}건 있습니다`;
    notices.push({ text, commands: setAside.length > 0 ? [] : SET_ASIDE_COMMANDS });
  }
  if (mostSimilar !== null && mostSimilar.score > SIMILAR) {
    const similarCount = stories.filter(({ nearest }) => (nearest?.score ?? 0) > SIMILAR).length;
    const mostSimilarText = `가장 닮은 두 편은 ${formatPercent(mostSimilar.score)}`;
    notices.push({
      text: `앞선 소설과 닮은 소설이 ${formatNumber(similarCount)}편 있습니다 (${mostSimilarText})`,
      commands: [],
    });
  }
  const missing = stories.filter(({ details }) => details === null).length;
  if (missing > 0) notices.push({ text: `소설 ${formatNumber(missing)}편의 파일이 폴더에 없습니다`, commands: [] });
  return notices;
}

/** The most reasons that are named in a sentence. */
const MAX_REASONS = 4;

/** ` - 답이 너무 짧습니다 3건, 그 밖의 까닭 2건`; empty when all texts have reasons of their own. */
function reasonsOf(groups: readonly SetAsideGroup[]): string {
  if (groups.every(({ rows }) => rows.length === 1)) return '';
  const countOf = (some: readonly SetAsideGroup[]) => some.reduce((sum, { rows }) => sum + rows.length, 0);
  const named = groups.slice(0, MAX_REASONS).map(({ code, rows }) => {
    return `${failureCodeMeaning(code) || code} ${formatNumber(rows.length)}건`;
  });
  const others = countOf(groups.slice(MAX_REASONS));
  return ` - ${[...named, ...(others > 0 ? [`그 밖의 까닭 ${formatNumber(others)}건`] : [])].join(', ')}`;
}

function unknownUsageNotices({ statistics, timeline, unknownAtMost }: Report): Notice[] {
  const { callsWithoutUsage, lostCalls } = statistics;
  if (callsWithoutUsage === 0) return [];
  const isByKills = timeline.failedCalls.every(({ code }) => code !== 'no_result');
  const what = isByKills ? '강제 종료로 끊긴 호출' : '결과를 모르는 호출';
  const lost = lostCalls === 0 ? '' : `, 그중 ${what} ${formatNumber(lostCalls)}회`;
  const text = `사용량을 모르는 호출이 ${formatNumber(callsWithoutUsage)}회 있습니다${lost} (많아야 ${formatNumber(unknownAtMost)}토큰)`;
  return [{ text, commands: [] }];
}

function ledgerNotices({ unreadableLines, unreadableLedgers, timeline: { historyLostUntil } }: Report): Notice[] {
  const notices: Notice[] = [];
  if (historyLostUntil !== null) {
    notices.push({ text: '실행 도중 장부가 없어져 새로 시작되었습니다. 그 전의 일은 합계만 압니다', commands: [] });
  }
  if (unreadableLines > 0) {
    notices.push({
      text: `장부에 읽을 수 없는 줄이 ${formatNumber(unreadableLines)}개 있어 건너뛰었습니다`,
      commands: [],
    });
  }
  for (const path of unreadableLedgers)
    notices.push({ text: `더 새로운 장부를 읽을 수 없어 건너뛰었습니다: ${path}`, commands: [] });
  return notices;
}
