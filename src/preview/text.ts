import { type Config, FROM_SCHEMA } from '../config/load.js';
import { VENDOR_HOST } from '../config/run-plan.js';
import { formatCost, formatNumber } from '../lib/format-number.js';
import { formatDuration, localIso } from '../lib/format-time.js';
import type { Caps } from '../run/budget.js';
import type { PauseReason } from '../run/end-reason.js';
import { endLabel } from '../run/labels.js';
import { countCharacters } from '../story/story.js';
import type { Spending } from './cost.js';
import { crashesBefore } from './first-pauses.js';
import { MOST_STORIES, mostStories } from './forecast.js';
import type { Preview, Route } from './preview.js';

// What a preview says to its reader, in Korean.

/** The whole of `--dry-run`. Pure. */
export function previewText(preview: Preview): string {
  const { prompt, plan, premise, loaded } = preview;
  const parts = [
    '미리 보기입니다. 아무것도 호출하지 않고, 쓰지 않습니다.',
    section('실행', [...authorLines(preview), ...runLines(preview), ...limitLines(preview), ...pauseLines(preview)]),
    section('비용과 시간', costLines(preview)),
    section('소재 (뽑아 보기만 했습니다. 실행하면 다른 소재가 나올 수 있습니다)', [
      ...plan.axes.map(({ axis, label }) => `${label}: ${premise[axis].text}`),
    ]),
    `${heading('시스템 프롬프트', prompt.system)}\n${prompt.system}`,
    `${heading('사용자 프롬프트', prompt.user)}\n${prompt.user}`,
    ...loaded.warnings.map((warning) => `주의: ${warning}`),
  ];
  return `${parts.join('\n\n')}\n`;
}

function section(title: string, lines: readonly string[]): string {
  return [`== ${title}`, ...lines.map((line) => `  ${line}`)].join('\n');
}

function heading(title: string, text: string): string {
  return `== ${title} (${formatNumber(countCharacters(text))}자)`;
}

function authorLines({ loaded, plan, route }: Preview): string[] {
  const { config } = loaded;
  const { author, model, models, price } = plan;
  if (author.kind === 'offline') {
    return [
      '작가: 내장 작가(offline) - API를 쓰지 않으며, Claude가 쓴 소설이 아닙니다',
      '주소: 이 컴퓨터 안 (127.0.0.1)',
    ];
  }
  const others = models.slice(1).map(({ name }) => name);
  const [{ price: own }] = models;
  return [
    `작가: ${model} (${author.provider})`,
    ...(others.length === 0 ? [] : [`대신 쓸 모델: ${others.join(', ')}`]),
    `주소: ${config.anthropicBaseUrl ?? `https://${VENDOR_HOST}`}`,
    ...proxyLines(route),
    `인증: ${credentialOf(config)}`,
    own === null
      ? '가격: 모름 (PRICE_INPUT_USD와 PRICE_OUTPUT_USD로 줄 수 있습니다)'
      : `가격: 100만 토큰에 입력 ${formatCost(own.input)}, 출력 ${formatCost(own.output)}${config.batchSize === null ? '' : ' (배치는 그 절반)'}`,
    ...(own !== null && price !== null && price.output > own.output
      ? [`상한을 셈하는 가격: 가장 비싼 모델의 입력 ${formatCost(price.input)}, 출력 ${formatCost(price.output)}`]
      : []),
    `한 번의 답: 최대 ${formatNumber(config.maxTokens)}토큰${config.temperature === null ? '' : `, temperature ${config.temperature}`}`,
  ];
}

/** Never with its user and password. */
function proxyLines(route: Route): string[] {
  if (route.proxy === null) return route.isAsked ? ['프록시: 쓰지 않음 (이 주소에는 해당하지 않습니다)'] : [];
  const { url, variable } = route.proxy;
  return [`프록시: ${URL.canParse(url) ? new URL(url).host : '주소로 읽을 수 없습니다'} (${variable})`];
}

function credentialOf({ anthropicApiKey, anthropicAuthToken }: Config): string {
  if (anthropicApiKey !== null) return 'ANTHROPIC_API_KEY';
  return anthropicAuthToken === null ? '없음' : 'ANTHROPIC_AUTH_TOKEN';
}

function runLines({ loaded, runName, resumed, hasFolder }: Preview): string[] {
  const { config } = loaded;
  const folder = `소설 폴더: ${config.outputDir}${hasFolder ? '' : ' (아직 없음, 실행하면 만듭니다)'}`;
  if (resumed === null) {
    const why = config.resume && !config.newRun ? ' (이어 할 실행이 없습니다)' : '';
    return [folder, `실행: 새로 시작합니다${why}, 이름 ${runName}`];
  }
  const { id, startedAt, state } = resumed;
  const { stories, tokens } = state.statistics;
  return [
    folder,
    `실행: 이어서 합니다 (${id}) - ${minute(startedAt)} 시작, 소설 ${formatNumber(stories)}편, ${formatNumber(tokens.total_tokens)}토큰`,
    ...(state.batches.length > 0 ? [`먼저 결과를 가져올 배치: ${formatNumber(state.batches.length)}건`] : []),
  ];
}

function limitLines({ loaded, plan, deadline }: Preview): string[] {
  const { config, sources } = loaded;
  const { durationMs, maxStories, intervalMs, concurrency } = plan.limits;
  const isDefault = sources.maxStories === FROM_SCHEMA;
  const caps = capsText(plan.caps);
  const capsPerDay = capsText({ tokens: config.maxTokensPerDay, costUsd: config.maxCostUsdPerDay });
  return [
    `시간: ${durationMs === null || deadline === null ? '제한 없음' : `${formatDuration(durationMs)} (${minute(deadline)}까지)`}`,
    `개수: ${maxStories === null ? '제한 없음' : `${formatNumber(maxStories)}편${isDefault ? ' (시간도 개수도 정하지 않았습니다)' : ''}`}`,
    config.batchSize === null
      ? `방식: 동시에 ${formatNumber(concurrency)}편, 간격 ${formatDuration(intervalMs)}`
      : `방식: 배치에 ${formatNumber(config.batchSize)}편씩, 값은 절반, 결과는 길면 24시간 뒤, 간격 ${formatDuration(intervalMs)}`,
    ...(caps === null ? [] : [`상한: ${caps}`]),
    ...(capsPerDay === null ? [] : [`하루 상한: ${capsPerDay} (닿으면 자정까지 쉽니다)`]),
    ...(config.activeHours === null ? [] : [`시간대: ${config.activeHours} (그 밖의 시간에는 쉽니다)`]),
  ];
}

/** What keeps the run from its first story, and until when. */
function pauseLines({ pauses, resumed }: Preview): string[] {
  return pauses.map(({ reason, until }, index) => {
    const crashes = formatNumber(crashesBefore(resumed?.state ?? null));
    const why = reason === 'crash_loop' ? `연속 ${crashes}번 소설 없이 비정상으로 끝남` : PAUSE_REASONS[reason];
    return `${index === 0 ? '먼저 쉼' : '이어서 쉼'}: ${minute(until)}까지 (${why})`;
  });
}

const PAUSE_REASONS: Record<Exclude<PauseReason, 'crash_loop'>, string> = {
  daily_cap: '하루 상한을 다 씀',
  inactive_hours: '정한 시간대 밖',
  spend_limit: 'API의 지출 한도',
};

function capsText({ tokens, costUsd }: Caps): string | null {
  const texts = [
    ...(tokens === null ? [] : [`${formatNumber(tokens)}토큰`]),
    ...(costUsd === null ? [] : [formatCost(costUsd)]),
  ];
  return texts.length === 0 ? null : texts.join(', ');
}

function costLines(preview: Preview): string[] {
  return preview.cost === null ? atMostLines(preview) : [...historyLines(preview), ...forecastLines(preview)];
}

/** Where nothing is known of the past. */
function atMostLines({ plan, now, deadline, resumed, callAtMost }: Preview): string[] {
  const storiesSoFar = resumed?.state.statistics.stories ?? 0;
  const most = mostStories({ now, limits: plan.limits, deadline, storiesSoFar });
  const costUsd = most === null ? null : times(most, callAtMost.costUsd);
  const capped = costUsd === null ? null : Math.min(costUsd, plan.caps.costUsd ?? costUsd);
  return [
    '이 폴더에는 이 모델로 쓴 소설이 아직 없어, 가장 많이 들 때만 셈합니다.',
    `한 번의 호출: 많아야 ${amount(callAtMost)}`,
    most === null
      ? '소설의 수: 한 편에 걸리는 시간을 몰라 어림할 수 없습니다'
      : `소설의 수: 많아야 ${formatNumber(most)}편`,
    ...(capped === null ? [] : [`비용: 많아야 ${formatCost(capped)} (다시 시도하거나 잘린 글을 이어 쓰면 더 듭니다)`]),
  ];
}

function historyLines({ cost, plan, callAtMost, loaded, batchMs }: Preview): string[] {
  if (cost === null) return [];
  const { stories, setAside, median, worst, perSaved } = cost;
  const isBatch = loaded.config.batchSize !== null;
  const time = ({ ms }: Spending) => (isBatch || ms === 0 ? '' : `, ${formatDuration(ms)}`);
  return [
    `이 폴더에 ${plan.models[0].name}의 소설 ${formatNumber(stories)}편이 있어, 그것으로 어림합니다${plan.author.kind === 'offline' ? '' : ' (생각에 쓴 토큰 포함)'}.`,
    `한 편의 중앙값: ${amount(median)}${time(median)}`,
    `한 편의 최댓값: ${amount(worst)}${time(worst)}`,
    ...(setAside === 0
      ? []
      : [`따로 보관한 글 ${formatNumber(setAside)}건까지 치면 저장된 한 편에 ${amount(perSaved)}`]),
    `한 번의 호출: 많아야 ${amount(callAtMost)}`,
    ...(isBatch
      ? [
          batchMs === null
            ? '배치 하나에 걸린 시간: 기록이 없어 24시간으로 칩니다'
            : `배치 하나에 걸린 시간: 중앙값 ${formatDuration(batchMs)}`,
        ]
      : []),
  ];
}

function forecastLines({ cost, forecast, now }: Preview): string[] {
  if (cost === null || forecast === null) return [];
  const { stories, tokens, costUsd, endsAt, end, waitsForNextDay } = forecast;
  const worst = { tokens: stories * cost.worst.tokens, costUsd: times(stories, cost.worst.costUsd) };
  // A cap that ends the run is not passed, however dear its stories are.
  const isCapped = end === 'tokens' || end === 'cost';
  const total = `${amount({ tokens, costUsd })}${isCapped ? '' : ` (모두 가장 비싸다면 ${amount(worst)})`}`;
  if (end === null && stories >= MOST_STORIES)
    return [`예상: 소설 ${formatNumber(stories)}편을 쓰고도 끝나지 않습니다`];
  if (end === null) {
    const days = (endsAt - now) / DAY;
    const perDay = { tokens: tokens / days, costUsd: times(1 / days, costUsd) };
    return [`예상: 끝을 정하지 않았습니다. 하루에 약 ${formatNumber(Math.round(stories / days))}편, ${amount(perDay)}`];
  }
  return [
    `예상: ${minute(endsAt)}까지 소설 약 ${formatNumber(stories)}편, ${total}`,
    `끝나는 까닭: ${END_REASONS[end]}${waitsForNextDay ? ', 그 전에 하루 상한에 닿아 쉬는 날이 있습니다' : ''}`,
  ];
}

const DAY = 24 * 3600 * 1000;

const END_REASONS = {
  count: endLabel('count'),
  duration: endLabel('duration'),
  tokens: '토큰 상한 도달',
  cost: '비용 상한 도달',
} as const;

/** `8,123토큰, $0.03`. */
function amount({ tokens, costUsd }: Pick<Spending, 'tokens' | 'costUsd'>): string {
  return `${formatNumber(Math.round(tokens))}토큰${costUsd === null ? '' : `, ${formatCost(costUsd)}`}`;
}

function times(factor: number, costUsd: number | null): number | null {
  return costUsd === null ? null : factor * costUsd;
}

/** Local date and time to the minute: `2026-11-29 14:30`. */
function minute(epochMs: number): string {
  return localIso(epochMs).slice(0, 16).replace('T', ' ');
}
