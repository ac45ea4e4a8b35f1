import { mkdtemp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { costOf, readModel } from '../../api/pricing.js';
import { type Config, loadConfig } from '../../config/load.js';
import { type AuthorChoice, chooseAuthor, choosePrice } from '../../config/plan.js';
import { SECOND, systemClock } from '../../lib/clock.js';
import { formatCost, formatNumber } from '../../lib/format-number.js';
import { formatDuration } from '../../lib/format-time.js';
import { addCustomCards } from '../../prompt/custom-cards.js';
import { longestPrompt } from '../../prompt/prompt.js';
import { readCards } from '../../prompt/read-cards.js';
import { readTemplate } from '../../prompt/template.js';
import { worstCase } from '../../run/budget.js';
import { exitCodeFor } from '../../verify/output.js';
import { type Verification, verify } from '../../verify/verify.js';
import { readEvidence } from '../artifacts.js';
import { checkSupervisor } from './behaviour-checks.js';
import type { Complaint } from './observations.js';
import { criteriaLines, ownLines } from './output.js';
import { openPm2, type Reader } from './pm2-sandbox.js';
import { beginning } from './rehearsal.js';

// A few stories of the worker under pm2 with the user's own settings and API, before the night.

/** What a rehearsal with the real API is to do, and may cost. */
export interface RealPlan {
  stories: number;
  author: AuthorChoice;
  model: string;
  /** The most calls, and what they use at the most; no call is made beyond. US dollars, null where no price is known. */
  calls: number;
  tokens: number;
  costUsd: number | null;
  /** After that nothing more is begun, in milliseconds. */
  longestMs: number;
  config: Config;
}

/** Between two stories, in seconds. */
const INTERVAL = 2;

/** What starting, saving and waiting after a failure may take on top of the calls, in milliseconds. */
const BESIDE_CALLS = 120 * SECOND;

/** @returns null when neither a key nor an address is given. @throws ConfigError as the worker would */
export function planReal({
  root,
  env,
  stories,
}: {
  root: string;
  env: NodeJS.ProcessEnv;
  stories: number;
}): RealPlan | null {
  const { config } = loadConfig({ root, env: { ...env, NODE_ENV: 'production' }, flags: {} });
  const author = chooseAuthor(config);
  if (author.kind === 'offline') return null;
  const { model, maxTokens, maxContinuations, request, template } = config;
  const style = { request, template: template === null ? null : readTemplate(template) };
  const known = author.provider === 'anthropic' ? readModel(join(root, 'config', 'models.json'), model) : null;
  const shipped = readCards(join(root, 'config', 'premises'));
  const axes = config.cards === null ? shipped : addCustomCards(shipped, config.cards);
  const atMost = worstCase(longestPrompt(axes, style), maxTokens);
  const calls = stories * (1 + maxContinuations);
  const cost = costOf(atMost, choosePrice(config, author, known));
  const tokens = calls * atMost.total_tokens;
  return {
    ...{ stories, author, model, calls, config },
    tokens: Math.min(tokens, config.maxTokensTotal ?? tokens),
    costUsd: cost === null ? null : Math.min(calls * cost, config.maxCostUsd ?? calls * cost),
    longestMs: calls * config.requestTimeoutSeconds * SECOND + stories * INTERVAL * SECOND + BESIDE_CALLS,
  };
}

/** What it is going to do, in Korean, for whoever pays for it. */
export function describeOffer({ stories, author, model, tokens, costUsd, longestMs }: RealPlan): string {
  const cost = costUsd === null ? '가격을 모르는 모델입니다' : `비용으로는 ${formatCost(costUsd)}(정가 기준)`;
  return [
    `${model}(${author.provider})로 소설 ${formatNumber(stories)}편을 pm2 아래에서 씁니다. 설정은 여러분의 것 그대로입니다 (.env 포함)`,
    `많아도 ${formatNumber(tokens)}토큰을 넘지 않습니다: ${cost}. 길어도 ${formatDuration(longestMs)} 안에 끝납니다`,
  ].join('\n');
}

export interface RealOptions {
  root: string;
  plan: RealPlan;
  env: NodeJS.ProcessEnv;
  giveUp: AbortSignal;
  atExit: (act: () => void) => () => void;
  /** Called with what `pm2 logs` shows. */
  onLine: (line: string) => void;
}

export interface RealRehearsal {
  verification: Verification;
  complaints: readonly Complaint[];
  passed: boolean;
  folder: string;
  stories: number;
}

/** Stories that were paid for stay where they are, whatever comes of it. */
export async function rehearseReal({ root, plan, env, giveUp, atExit, onLine }: RealOptions): Promise<RealRehearsal> {
  const folder = await mkdtemp(join(tmpdir(), 'rehearsal-'));
  const [outputDir, logDir] = [join(folder, 'stories'), join(folder, 'logs')];
  const { config, stories } = plan;
  const pm2 = openPm2({ home: join(folder, 'pm2'), root, env });
  const sleep = async (ms: number) => {
    await systemClock.sleep(ms, giveUp);
    giveUp.throwIfAborted();
  };
  const forget = atExit(pm2.endNow);
  let reader: Reader | null = null;
  let storiesWatched = 0;
  try {
    await pm2.start({
      OUTPUT_DIR: outputDir,
      LOG_DIR: logDir,
      MAX_STORIES: String(stories),
      INTERVAL_SECONDS: String(INTERVAL),
      DURATION_SECONDS: String(plan.longestMs / SECOND),
      MAX_TOKENS_TOTAL: String(plan.tokens),
    });
    reader = pm2.openReader((line) => {
      if (line.includes('번째 소설 저장 - ')) storiesWatched += 1;
      onLine(line);
    });
    await beginning({ folder: outputDir }, pm2, sleep);
    // The worker ends by itself, at the count, at the cap or at the deadline.
    let app = await pm2.readApp();
    while (app !== null && app.status !== 'stopped' && app.status !== 'errored') {
      await sleep(SECOND);
      if (pm2.workerPid() === null) app = await pm2.readApp();
    }
    const evidence = await readEvidence(outputDir, logDir);
    const secrets = [config.anthropicApiKey, config.anthropicAuthToken].flatMap((secret) => secret?.reveal() ?? []);
    const verification = await verify({
      ...{ folder: outputDir, logDir, logKeepFiles: config.logKeepFiles, secrets, which: 'newest' },
      now: systemClock.now,
    });
    const written = evidence.texts.filter(({ shelf }) => shelf === 'stories').length;
    const complaints = [
      ...checkSupervisor(
        { app, workersLeft: pm2.workersLeft(), mostWorkers: pm2.mostWorkers(), storiesWatched },
        evidence,
      ),
      ...(written === stories
        ? []
        : [{ code: 'story_count', where: outputDir, message: `${stories}편 가운데 ${written}편을 썼습니다` }]),
    ];
    const passed = complaints.length === 0 && exitCodeFor(verification) === 0;
    return { verification, complaints, passed, folder, stories: written };
  } finally {
    reader?.close();
    // What is in hand is being paid for.
    await pm2.end(config.requestTimeoutSeconds * SECOND);
    forget();
  }
}

export function summaryOfReal({ verification, complaints, passed, folder, stories }: RealRehearsal): string {
  return [
    `실제 API로 한 연습 - 소설 ${formatNumber(stories)}편`,
    '',
    '기준',
    ...criteriaLines(verification),
    ...ownLines(complaints, '소설의 수, pm2의 상태, 남은 프로세스'),
    '',
    passed ? 'PASS' : 'FAIL',
    `소설은 ${join(folder, 'stories')}에, 로그는 ${join(folder, 'logs')}에 있습니다`,
    '',
  ].join('\n');
}
