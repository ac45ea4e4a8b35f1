import { join } from 'node:path';
import { costOf } from '../../api/pricing.js';
import { type Config, loadConfig } from '../../config/load.js';
import { type AuthorChoice, resolvePlan } from '../../config/run-plan.js';
import { SECOND, systemClock } from '../../lib/clock.js';
import { formatCost, formatNumber } from '../../lib/format-number.js';
import { formatDuration } from '../../lib/format-time.js';
import { exitCodeFor } from '../../verify/output.js';
import { verify } from '../../verify/verify.js';
import { violation } from '../violation.js';
import { checkSupervisor } from './behaviour-checks.js';
import { criteriaLines, violationLines } from './output.js';
import { type SessionOptions, withSession } from './pm2-session.js';
import { countStories } from './rehearsal.js';

// A live run: a few stories of the worker under pm2 with the user's own settings and API.

/** What a rehearsal with the real API is to do, and may cost. */
export interface RealPlan {
  stories: number;
  author: AuthorChoice;
  model: string;
  /** The most calls, tokens and US dollars that it may take; the cost is null where no price is known. */
  calls: number;
  tokens: number;
  costUsd: number | null;
  /** When it starts no more stories, in milliseconds. */
  longestMs: number;
  config: Config;
}

/** Between two stories, in seconds. */
const INTERVAL = 2;

/** What starts, saving and waits after failures may take besides the calls, in milliseconds. */
const BESIDE_CALLS = 120 * SECOND;

interface RealPlanOptions {
  root: string;
  env: NodeJS.ProcessEnv;
  stories: number;
}

/** @returns null when neither a key nor an address is given. @throws UserError as the worker would */
export function planReal({ root, env, stories }: RealPlanOptions): RealPlan | null {
  const { config } = loadConfig({ root, env: { ...env, NODE_ENV: 'production' }, flags: {} });
  const { author, model, price, callAtMost } = resolvePlan(config);
  if (author.kind === 'offline') return null;
  const calls = stories * (1 + config.maxContinuations);
  const cost = costOf(callAtMost, price);
  const tokens = calls * callAtMost.total_tokens;
  return {
    ...{ stories, author, model, calls, config },
    tokens: Math.min(tokens, config.maxTokensTotal ?? tokens),
    costUsd: cost === null ? null : Math.min(calls * cost, config.maxCostUsd ?? calls * cost),
    longestMs: calls * config.requestTimeoutSeconds * SECOND + stories * INTERVAL * SECOND + BESIDE_CALLS,
  };
}

/** Says in Korean what the run is going to do and what it may cost. */
export function describeOffer({ stories, author, model, tokens, costUsd, longestMs }: RealPlan): string {
  const cost = costUsd === null ? '가격을 모르는 모델입니다' : `비용으로는 ${formatCost(costUsd)}(정가 기준)`;
  return [
    `${model}(${author.provider})로 소설 ${formatNumber(stories)}편을 pm2 아래에서 씁니다. 설정은 여러분의 것 그대로입니다 (.env 포함)`,
    `많아도 ${formatNumber(tokens)}토큰을 넘지 않습니다: ${cost}. 길어도 ${formatDuration(longestMs)} 안에 끝납니다`,
  ].join('\n');
}

export interface RealOptions extends SessionOptions {
  plan: RealPlan;
  /** Called with each line of `pm2 logs`. */
  onLine: (line: string) => void;
}

export type RealRehearsal = Awaited<ReturnType<typeof rehearseReal>>;

/** The folder stays in any case: its stories were paid for. */
export async function rehearseReal({ plan, onLine, ...options }: RealOptions) {
  const { config, stories } = plan;
  // The story in progress is being paid for.
  const graceMs = config.requestTimeoutSeconds * SECOND;
  return withSession(options, { graceMs, onLine }, async ({ folder, start, untilStopped }) => {
    const [outputDir, logDir] = [join(folder, 'stories'), join(folder, 'logs')];
    const settings = {
      OUTPUT_DIR: outputDir,
      LOG_DIR: logDir,
      MAX_STORIES: String(stories),
      INTERVAL_SECONDS: String(INTERVAL),
      DURATION_SECONDS: String(plan.longestMs / SECOND),
      MAX_TOKENS_TOTAL: String(plan.tokens),
    };
    await start(settings, outputDir);
    // The worker ends by itself, at the count, at the cap or at the deadline.
    const supervised = await untilStopped(Number.POSITIVE_INFINITY);
    const secrets = [config.anthropicApiKey, config.anthropicAuthToken].flatMap((secret) => secret?.reveal() ?? []);
    const verification = await verify({
      ...{ folder: outputDir, logDir, logKeepFiles: config.logKeepFiles, secrets, which: 'newest' },
      now: systemClock.now,
    });
    const written = countStories(outputDir);
    const violations = checkSupervisor(supervised, written);
    if (written !== stories) {
      violations.push(violation('story_count', outputDir, `${stories}편 가운데 ${written}편을 썼습니다`));
    }
    const passed = violations.length === 0 && exitCodeFor(verification) === 0;
    return { verification, violations, passed, folder, stories: written };
  });
}

export function summaryOfReal({ verification, violations, passed, folder, stories }: RealRehearsal): string {
  return [
    `실제 API로 한 연습 - 소설 ${formatNumber(stories)}편`,
    '',
    '기준',
    ...criteriaLines(verification),
    ...violationLines(violations, '소설의 수, pm2의 상태, 남은 프로세스'),
    '',
    passed ? 'PASS' : 'FAIL',
    `소설은 ${join(folder, 'stories')}에, 로그는 ${join(folder, 'logs')}에 있습니다`,
    '',
  ].join('\n');
}
