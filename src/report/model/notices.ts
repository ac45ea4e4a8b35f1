import { formatNumber, formatPercent } from '../../lib/format-number.js';
import { NEAR_CAP } from '../../run/budget.js';
import { SIMILAR } from '../../story/similarity.js';
import { formatDollars } from '../labels.js';
import type { Report, SetAsideRow } from './report.js';

/** Something that the user should do or know. */
export interface Notice {
  /** Korean. */
  text: string;
  /** The texts that are set aside, where the notice is about them. */
  setAside?: readonly SetAsideRow[];
  /** Commands to choose from. */
  commands: readonly string[];
}

const RESTART_COMMANDS = ['npx pm2 start ecosystem.config.cjs', 'npm start -- --resume'];
const SET_ASIDE_COMMANDS = ['npm run set-aside -- list'];

/** All notices of a report, most urgent first. */
export function noticesOf(report: Report): Notice[] {
  return [
    ...outcomeNotices(report),
    ...capNotices(report),
    ...storyNotices(report),
    ...unknownUsageNotices(report),
    ...ledgerNotices(report),
  ];
}

function outcomeNotices({ outcome, failedCallGroups }: Report): Notice[] {
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
        { text: '따로 보관한 글의 까닭을 보고 모델이나 설정을 바꾼 뒤 다시 시작하세요', commands: RESTART_COMMANDS },
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

function storyNotices({ setAside, othersSetAside, stories, mostSimilar }: Report): Notice[] {
  const notices: Notice[] = [];
  if (setAside.length > 0) {
    notices.push({
      text: `따로 보관한 글 ${formatNumber(setAside.length)}건이 있습니다`,
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

function unknownUsageNotices({ statistics: { callsWithoutUsage, lostCalls }, spent, statistics }: Report): Notice[] {
  if (callsWithoutUsage === 0) return [];
  const mostTokens = spent.tokens - statistics.tokens.total_tokens;
  const lost = lostCalls === 0 ? '' : `, 그중 강제 종료로 끊긴 호출 ${formatNumber(lostCalls)}회`;
  const text = `사용량을 모르는 호출이 ${formatNumber(callsWithoutUsage)}회 있습니다${lost} (많아야 ${formatNumber(mostTokens)}토큰)`;
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
