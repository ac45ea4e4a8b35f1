import { readFileSync } from 'node:fs';
import type { Usage } from './usage.js';

/** What the worker has to know about a model, from config/models.json. */
export interface Model {
  /** US dollars per million tokens. */
  input: number;
  output: number;
  /** Thinks before it writes, and can stream a summary of it. */
  thinks: boolean;
}

const TOKENS_PER_PRICE = 1_000_000;

/**
 * @param path config/models.json
 * @returns the models by name
 */
export function readModels(path: string): ReadonlyMap<string, Model> {
  const { models } = JSON.parse(readFileSync(path, 'utf8')) as { models: Record<string, Model> };
  return new Map(Object.entries(models));
}

/** The list price of a call in US dollars; null where the usage or the price is not known. */
export function costOf(usage: Usage | null, model: Model | null): number | null {
  if (usage === null || model === null) return null;
  return (usage.input_tokens * model.input + usage.output_tokens * model.output) / TOKENS_PER_PRICE;
}
