import { UserError } from '../lib/errors.js';
import { readTextFile } from '../lib/files.js';
import type { Usage } from './usage.js';

/** US dollars per million tokens. */
export interface Price {
  input: number;
  output: number;
}

/** What the worker has to know about a model, from config/models.json. */
export interface Model extends Price {
  /** Thinks before it writes, and can stream a summary of it; where absent, the name decides. */
  thinks?: boolean;
}

/** A file of models that cannot be used; the message is for the user. */
export class ModelFileError extends UserError {
  override readonly name = 'ModelFileError';
}

const TOKENS_PER_PRICE = 1_000_000;

/**
 * Looks a model up. Dated, aliased and prefixed names are that of the model: `claude-sonnet-5-5-20260928`,
 * `claude-sonnet-5-5-latest`, `claude-sonnet-5-5@20260928`, `anthropic/claude-sonnet-5.5`.
 * @param path config/models.json
 * @returns null when the file does not name it
 * @throws ModelFileError when the file or the entry cannot be used
 */
export function readModel(path: string, name: string): Model | null {
  let models: Record<string, Model>;
  try {
    ({ models } = JSON.parse(readTextFile(path)) as { models: Record<string, Model> });
    const known = [name, plainName(name)].find((each) => Object.hasOwn(models, each));
    const model = known === undefined ? undefined : models[known];
    if (model === undefined) return null;
    if (!isPrice(model.input) || !isPrice(model.output))
      throw new Error(`${name}: input과 output은 0 이상의 수여야 합니다`);
    return model;
  } catch (cause) {
    throw new ModelFileError(`모델 파일을 쓸 수 없습니다: ${path}: ${(cause as Error).message}`, { cause });
  }
}

/**
 * The vendor's name of a model, from the names that gateways and clouds give it: without the provider in front
 * (`anthropic/`, `us.anthropic.`), without date, version, alias or variant behind, and with hyphens for dots. Any other
 * model's name comes back nearly as it was.
 */
function plainName(name: string): string {
  return name
    .toLowerCase()
    .replace(/^.*\bclaude-/, 'claude-')
    .replace(/[:@].*$/, '')
    .replace(/-latest$|-v\d+$|-\d{8}(-v\d+)?$/, '')
    .replace(/(\d)\.(\d)/g, '$1-$2');
}

/** The families that think in every answer from version 5 on. A name without a version stands for the newest. */
const THINKS = /^claude-(opus|sonnet|fable|mythos)(-([5-9]|\d\d)(-\d{1,2})?)?$/;

/**
 * Can this model be asked to stream its thinking? From version 5 on these models think whether asked or not, so the
 * request only makes the thinking visible. Earlier ones think when asked, which would change price and text, and
 * models of other makers stream theirs anyway.
 * @param listed its entry in config/models.json, which has the last word; null when there is none
 */
export function canStreamThinking(name: string, listed: Model | null): boolean {
  return listed?.thinks ?? THINKS.test(plainName(name));
}

function isPrice(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value) && value >= 0;
}

/** The list price of a call in US dollars; null where the usage or the price is not known. */
export function costOf(usage: Usage | null, price: Price | null): number | null {
  if (usage === null || price === null) return null;
  return (usage.input_tokens * price.input + usage.output_tokens * price.output) / TOKENS_PER_PRICE;
}

/** The price of a call in a batch: half of that of a streamed one. */
export function batchPriceOf(price: Price | null): Price | null {
  return price === null ? null : { input: price.input / 2, output: price.output / 2 };
}
