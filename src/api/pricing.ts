import { readFileSync } from 'node:fs';
import { UserError } from '../lib/errors.js';
import type { Usage } from './usage.js';

/** US dollars per million tokens. */
export interface Price {
  input: number;
  output: number;
}

/** What the worker has to know about a model, from config/models.json. */
export interface Model extends Price {
  /** Thinks before it writes, and can stream a summary of it. */
  thinks: boolean;
}

/** A file of models that cannot be used; the message is for the user. */
export class ModelFileError extends UserError {
  override readonly name = 'ModelFileError';
}

const TOKENS_PER_PRICE = 1_000_000;

/**
 * Looks a model up; a dated name such as `claude-sonnet-5-5-20260928` is that of the model.
 * @param path config/models.json
 * @returns null when the file does not name it
 * @throws ModelFileError when the file or the entry cannot be used
 */
export function readModel(path: string, name: string): Model | null {
  let models: Record<string, Model>;
  try {
    ({ models } = JSON.parse(readFileSync(path, 'utf8')) as { models: Record<string, Model> });
    const known = [name, name.replace(/-\d{8}$/, '')].find((each) => Object.hasOwn(models, each));
    const model = known === undefined ? undefined : models[known];
    if (model === undefined) return null;
    if (!isPrice(model.input) || !isPrice(model.output))
      throw new Error(`${name}: input과 output은 0 이상의 수여야 합니다`);
    return model;
  } catch (cause) {
    throw new ModelFileError(`모델 파일을 쓸 수 없습니다: ${path}: ${(cause as Error).message}`, { cause });
  }
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** The list price of a call in US dollars; null where the usage or the price is not known. */
export function costOf(usage: Usage | null, price: Price | null): number | null {
  if (usage === null || price === null) return null;
  return (usage.input_tokens * price.input + usage.output_tokens * price.output) / TOKENS_PER_PRICE;
}
