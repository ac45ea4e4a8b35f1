import { costOf, type Price } from '../api/pricing.js';
import { toUsage, type Usage } from '../api/usage.js';
import type { Prompt } from '../prompt/prompt.js';
import type { RunState } from './run-state.js';

/** What a run may use in all, restarts included. null: no cap. */
export interface Caps {
  tokens: number | null;
  costUsd: number | null;
}

/** A cap that the next call might pass. */
export interface CapHit {
  cap: 'tokens' | 'cost';
  /** What is used or may be, as tokens or US dollars. */
  used: number;
  limit: number;
}

/** The most that one call can use: a token is a byte at the least, and the answer ends at max_tokens. */
export function worstCase({ system, user, rest }: Prompt, maxTokens: number): Usage {
  const texts = [system, user, ...(rest === undefined ? [] : [rest.written, rest.ask])];
  return toUsage(
    texts.reduce((bytes, text) => bytes + Buffer.byteLength(text), 0),
    maxTokens,
  );
}

/**
 * What counts towards the caps: everything known, and for each call whose usage is not known the most it can have
 * used.
 */
export function spent({ statistics, unknownAtMost, open }: RunState): { tokens: number; costUsd: number } {
  return {
    tokens: open.reduce(
      (tokens, { at_most }) => tokens + at_most.tokens,
      statistics.tokens.total_tokens + unknownAtMost.tokens,
    ),
    costUsd: open.reduce(
      (costUsd, { at_most }) => costUsd + (at_most.cost_usd ?? 0),
      (statistics.costUsd ?? 0) + unknownAtMost.costUsd,
    ),
  };
}

/** @returns the cap that a call of at most `call` could pass; null when there is room */
export function capInTheWay(caps: Caps, state: RunState, call: Usage, price: Price | null): CapHit | null {
  const used = spent(state);
  if (caps.tokens !== null && used.tokens + call.total_tokens > caps.tokens) {
    return { cap: 'tokens', used: used.tokens, limit: caps.tokens };
  }
  const callCost = costOf(call, price);
  if (caps.costUsd !== null && callCost !== null && used.costUsd + callCost > caps.costUsd) {
    return { cap: 'cost', used: used.costUsd, limit: caps.costUsd };
  }
  return null;
}

/** The share of a cap at which a warning is due. */
export const NEAR_CAP = 0.8;

/** @returns the caps of which 80 % are used */
export function nearCaps(caps: Caps, state: RunState): CapHit[] {
  const used = spent(state);
  return [
    ...(caps.tokens !== null && used.tokens >= NEAR_CAP * caps.tokens
      ? [{ cap: 'tokens' as const, used: used.tokens, limit: caps.tokens }]
      : []),
    ...(caps.costUsd !== null && used.costUsd >= NEAR_CAP * caps.costUsd
      ? [{ cap: 'cost' as const, used: used.costUsd, limit: caps.costUsd }]
      : []),
  ];
}
