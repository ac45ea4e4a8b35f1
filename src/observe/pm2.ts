import { clockTime } from '../lib/format-time.js';
import type { Status } from './status.js';

// pm2, as the worker sees it: variables in its environment, and a channel that may be closed at any time.

/** The variables that pm2 sets: the app's name, and an id that its automatic restarts keep. */
export function readPm2Environment(): { name: string | undefined; token: string | undefined } | null {
  const { pm_id, name, unique_id } = process.env;
  return pm_id === undefined ? null : { name, token: unique_id };
}

/** Tells pm2 that the worker is up. */
export function reportReady(): void {
  send('ready');
}

/** Tells pm2 what `pm2 show` and `pm2 monit` list. */
export function reportMetrics(status: Status): void {
  send({ type: 'axm:monitor', data: metricsOf(status) });
}

export interface Metric {
  value: string | number;
  unit: string;
}

/**
 * Always the same names, for pm2 keeps what it once saw; in English, for its tables take a Korean syllable for one column.
 * Numbers where there are any, for those who read `pm2 jlist`.
 */
export function metricsOf(status: Status): Record<string, Metric> {
  const { doing, in_hand = 0, next_at, stories, tokens, cost_usd, last_story, failures_in_a_row } = status;
  return {
    Doing: { value: doing, unit: '' },
    'Next at': { value: next_at === null ? NONE : clockTime(Date.parse(next_at)), unit: '' },
    'In hand': { value: in_hand, unit: '' },
    Stories: { value: stories, unit: '' },
    'Last story': { value: last_story?.title ?? NONE, unit: '' },
    Tokens: { value: tokens.total_tokens, unit: '' },
    Cost: { value: cost_usd === null ? NONE : Number(cost_usd.toFixed(4)), unit: 'USD' },
    'Failures in a row': { value: failures_in_a_row, unit: '' },
  };
}

const NONE = '-';

function send(message: unknown): void {
  // The callback takes the place of an exception when the daemon is gone.
  if (process.connected) process.send?.(message, undefined, undefined, () => {});
}
