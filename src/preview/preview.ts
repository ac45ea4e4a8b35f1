import { existsSync, statSync } from 'node:fs';
import { batchPriceOf, costOf, type Price } from '../api/pricing.js';
import { type HttpProxy, proxyFor } from '../api/transport.js';
import type { Config, LoadedConfig } from '../config/load.js';
import { type Plan, resolvePlan, VENDOR_HOST } from '../config/run-plan.js';
import type { Random } from '../lib/random.js';
import type { Premise } from '../prompt/cards.js';
import { peekPremise } from '../prompt/deck.js';
import { composePrompt, type Prompt } from '../prompt/prompt.js';
import { parseActiveHours } from '../run/active-hours.js';
import { spent, worstCase } from '../run/budget.js';
import { ledgerPath, listRuns, readLedger } from '../run/ledger.js';
import type { RunState } from '../run/ledger-records.js';
import { findResumable, replay } from '../run/run.js';
import { checkFolderFormat } from '../store/folder-format.js';
import { RECENT_STORIES, readRecentStories } from '../store/recent-stories.js';
import type { Pause } from '../worker/pauses.js';
import { batchTimeOf, LONGEST_BATCH, type Spending, type StoryCost, storyCostOf } from './cost.js';
import { firstPauses } from './first-pauses.js';
import { type Forecast, forecast, type Used } from './forecast.js';
import { readHistory } from './history.js';

/** Everything that a run with these settings would do, as far as can be known without doing it. */
export interface Preview {
  loaded: LoadedConfig;
  plan: Plan;
  /** When the run would begin, milliseconds since the epoch. */
  now: number;
  runName: string;
  hasFolder: boolean;
  /** The run that would be resumed; null: a run would be begun. */
  resumed: { id: string; startedAt: number; state: RunState } | null;
  /** When the run would be over, milliseconds since the epoch; null: never. */
  deadline: number | null;
  /** The pauses with which it would begin, one after the other. */
  pauses: readonly Pause[];
  /** How calls would travel. */
  route: Route;
  premise: Premise;
  prompt: Prompt;
  recentStories: number;
  /** The most that the call with this prompt can use; the cost is null where no price is known. */
  callAtMost: Pick<Spending, 'tokens' | 'costUsd'>;
  /** null: nothing in the folder says what a story costs. */
  cost: StoryCost | null;
  /** How long a batch took so far, milliseconds; null where no story came in one. */
  batchMs: number | null;
  /** null without a history. */
  forecast: Forecast | null;
}

/** A proxy on the way to the API; `isAsked`: the environment names one, and it does not hold for this address. */
export type Route = { proxy: HttpProxy } | { proxy: null; isAsked: boolean };

export interface PreviewContext {
  /** Where a proxy is looked for. */
  env: NodeJS.ProcessEnv;
  now: () => number;
  random: Random;
  /** pm2, as a worker would find it; null without. */
  supervisor: { name: string | undefined; token: string | undefined } | null;
}

/**
 * Looks at everything that a run would begin with. Reads files and calls nothing; not even a folder is made.
 * @throws UserError where the run would refuse to start, with the same message
 */
export async function previewRun(loaded: LoadedConfig, context: PreviewContext): Promise<Preview> {
  const { config } = loaded;
  const plan = resolvePlan(config);
  await checkFolderFormat(config.outputDir);
  const now = context.now();
  const { outputDir: folder } = config;
  const runName = config.runName ?? context.supervisor?.name ?? 'default';
  const resumed = await findResumed(config, plan, runName, context);
  const startedAt = resumed?.startedAt ?? now;
  const deadline = plan.limits.durationMs === null ? null : startedAt + plan.limits.durationMs;
  const premise = await peekPremise({ folder, axes: plan.axes, random: context.random });
  const recent = (await readRecentStories(folder, RECENT_STORIES)).list();
  const prompt = composePrompt(premise, plan.axes, plan.style, recent);
  const price = priceNow(config, plan);
  const atMost = worstCase(prompt, config.maxTokens);
  const [{ name: model }] = plan.models;
  const history = await readHistory(folder, { provider: plan.author.provider, model });
  const facts = {
    loaded,
    plan,
    now,
    runName,
    hasFolder: existsSync(folder),
    resumed,
    deadline,
    pauses: await firstPauses(config, plan, { resumed, now }),
    route: routeOf(config, context.env),
    premise,
    prompt,
    recentStories: recent.length,
    callAtMost: { tokens: atMost.total_tokens, costUsd: costOf(atMost, price) },
    cost: storyCostOf(history, price),
    batchMs: batchTimeOf(history),
  };
  // For the caps, any of the models may be the one that writes.
  const capped = {
    tokens: atMost.total_tokens,
    costUsd: costOf(atMost, config.batchSize === null ? plan.price : price) ?? 0,
  };
  return { ...facts, forecast: await forecastOf(facts, capped) };
}

/** By the rules of the API client. */
function routeOf({ anthropicBaseUrl }: Config, env: NodeJS.ProcessEnv): Route {
  const proxy = proxyFor(anthropicBaseUrl ?? `https://${VENDOR_HOST}`, env);
  if (proxy !== null) return { proxy };
  return { proxy: null, isAsked: ['https_proxy', 'http_proxy'].some((name) => isGiven(name, env)) };
}

function isGiven(name: string, env: NodeJS.ProcessEnv): boolean {
  return [name, name.toUpperCase()].some((each) => (env[each] ?? '').trim() !== '');
}

/** Calls of a batch cost half. */
function priceNow({ batchSize }: Config, { models }: Plan): Price | null {
  return batchSize === null ? models[0].price : batchPriceOf(models[0].price);
}

/** The run that the worker would resume, by the rules of `openRun`. */
async function findResumed(
  { outputDir, resume, newRun }: Config,
  { limits }: Plan,
  runName: string,
  { now, supervisor }: PreviewContext,
): Promise<Preview['resumed']> {
  const newRunToken = newRun ? (supervisor?.token ?? null) : null;
  if (newRun ? newRunToken === null : !resume) return null;
  const query = { runName, durationMs: limits.durationMs, newRunToken };
  const ledger = await findResumable({ folder: outputDir, now }, query);
  if (ledger === null) return null;
  const { run_id: id, at } = ledger.begin;
  return { id, startedAt: Math.min(at, now()), state: replay(ledger) };
}

async function forecastOf(facts: Omit<Preview, 'forecast'>, callAtMost: Used): Promise<Forecast | null> {
  const { loaded, plan, now, resumed, deadline, cost, batchMs } = facts;
  const { config } = loaded;
  if (cost === null) return null;
  const { batchSize, activeHours, outputDir } = config;
  return forecast({
    now,
    limits: plan.limits,
    deadline,
    storiesSoFar: resumed?.state.statistics.stories ?? 0,
    caps: plan.caps,
    used: resumed === null ? { tokens: 0, costUsd: 0 } : spent(resumed.state),
    capsPerDay: { tokens: config.maxTokensPerDay, costUsd: config.maxCostUsdPerDay },
    usedToday: await readUsedToday(outputDir, now),
    activeHours: activeHours === null ? null : parseActiveHours(activeHours),
    each: batchSize === null ? cost.perSaved : { ...cost.perSaved, ms: batchMs ?? LONGEST_BATCH },
    callAtMost,
    batchSize,
  });
}

/** What the runs of a folder have used since midnight, local time, as far as their ledgers know. */
async function readUsedToday(folder: string, now: number): Promise<Used> {
  const midnight = new Date(now).setHours(0, 0, 0, 0);
  const used = { tokens: 0, costUsd: 0 };
  for (const id of await listRuns(folder)) {
    const path = ledgerPath(folder, id);
    // Most of them are older.
    if ((statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) < midnight) continue;
    for (const record of readLedger(path)?.records ?? []) {
      if (record.type !== 'outcome' || record.at < midnight) continue;
      used.tokens += record.usage?.total_tokens ?? 0;
      used.costUsd += record.cost_usd ?? 0;
    }
  }
  return used;
}
