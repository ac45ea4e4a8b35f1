import type { FailureKind } from '../api/failure.js';
import { toUsage, type Usage } from '../api/usage.js';
import type { PromptStyle } from '../prompt/prompt.js';
import type { CallSummary } from '../story/continuation.js';
import { DOUBT_REASONS, type Doubt, type DoubtCode } from '../story/doubts.js';
import type { RemovedText } from '../story/reading/removed-text.js';

/** A text's metadata: the JSON file beside its Markdown file. Scripts of users read it; the names are a contract. */
export interface StoryMetadata {
  /** Of the file; absent in format 1. */
  format?: number;
  /** ISO 8601, local time with its offset. */
  generated_at: string;
  model: string;
  template_used: string | null;
  custom_request: string | null;
  config: StoryConfig;
  /** Code points of the story, heading and spaces included. */
  word_count: number;
  /** Of all its calls; null where it is not known. */
  usage: Usage | null;
  title: string;
  tags: readonly string[];
  description: string;
  /** The first sentence. */
  opening: string;
  /** The last sentence; absent in version 1. */
  ending?: string;
  run_id: string;
  /** Number of the story within its run. */
  sequence: number;
  /** The cards by axis. */
  premise: Record<string, { id: string; text: string }>;
  stop_reason: string | null;
  /** How often the story was tried, the last time included. */
  attempts: number;
  /** Time of generation, milliseconds. */
  duration_ms: number;
  request_id: string | null;
  /** "anthropic", "offline", or the host of another endpoint. */
  provider: string;
  /** US dollars; null where no price is known. */
  cost_usd: number | null;
  /** The most similar story before it, and how similar it is, 0 to 1; null for the first story of a folder. */
  nearest: string | null;
  likeness: number | null;
  /** What may be wrong with the story; absent in format 1, which took nothing away and doubted nothing. */
  doubts?: readonly Doubt[];
  /** What was taken away around the story, word for word. */
  removed?: readonly RemovedText[];
  /** Number of its last call in the run's ledger; absent in format 1. */
  call_number?: number;
  /** Id of the batch that it came with, at half the price; absent for a streamed story. */
  batch?: string;
  /** Its calls, where it took more than one. */
  calls?: readonly CallSummary[];
  /** The part that it completes, where it took more than one call. */
  completes?: string;
  /** Why it is set aside. */
  set_aside?: SetAsideReason;
  /** When a person put it among the stories, though it had been set aside. */
  accepted_at?: string;
  /** Of the Markdown file, hexadecimal. */
  sha256: string;
}

/** The settings that a story was written with. */
export interface StoryConfig {
  model: string;
  max_tokens: number;
  temperature: number | null;
  min_story_characters: number;
  max_continuations: number;
  max_likeness: number | null;
}

export interface SetAsideReason {
  kind: FailureKind;
  /** A stable word. */
  code: string;
  /** The same in Korean. */
  reason: string;
}

/** A text and its metadata, as they go to disk together. */
export interface StoryFiles {
  /** The whole content of the .md file. */
  markdown: string;
  /** Everything but the checksum, which the store adds. */
  metadata: Omit<StoryMetadata, 'sha256'>;
}

/** Settings of the run that the metadata of each of its stories repeats. */
export interface RunSettings extends PromptStyle {
  provider: string;
  model: string;
  maxTokens: number;
  temperature: number | null;
  minCharacters: number;
  /** How often the rest of a cut-off answer is asked for. */
  maxContinuations: number;
  /** The similarity above which a story is set aside, from 0 to 1; null: none is. */
  maxLikeness: number | null;
}

/** Metadata as it is read: people and older versions write it too, so each field may be missing, which is null. */
export type ReadMetadata = {
  [Name in keyof StoryMetadata]-?: Exclude<StoryMetadata[Name], undefined> | null;
};

/**
 * Reads metadata leniently: a field that is missing, empty or of another type is null, and never a reason to refuse the
 * rest.
 * @returns null when the value is no JSON object
 */
export function readMetadata(json: unknown): ReadMetadata | null {
  if (typeof json !== 'object' || json === null || Array.isArray(json)) return null;
  const fields = json as Record<string, unknown>;
  const text = (name: keyof StoryMetadata) => textOf(fields[name]);
  const number = (name: keyof StoryMetadata) => numberOf(fields[name]);
  return {
    format: number('format'),
    generated_at: text('generated_at'),
    model: text('model'),
    template_used: text('template_used'),
    custom_request: text('custom_request'),
    config: configOf(fields.config),
    word_count: number('word_count'),
    usage: usageOf(fields.usage),
    title: text('title'),
    tags: Array.isArray(fields.tags) ? fields.tags.filter((tag) => typeof tag === 'string') : null,
    description: text('description'),
    opening: text('opening'),
    ending: text('ending'),
    run_id: text('run_id'),
    sequence: number('sequence'),
    premise: premiseOf(fields.premise),
    stop_reason: text('stop_reason'),
    attempts: number('attempts'),
    duration_ms: number('duration_ms'),
    request_id: text('request_id'),
    provider: text('provider'),
    cost_usd: number('cost_usd'),
    nearest: text('nearest'),
    likeness: number('likeness'),
    doubts: doubtsOf(fields.doubts),
    removed: Array.isArray(fields.removed) ? fields.removed.filter(isRemoved) : null,
    call_number: number('call_number'),
    batch: text('batch'),
    calls: Array.isArray(fields.calls) ? fields.calls.map(callOf) : null,
    completes: text('completes'),
    set_aside: reasonOf(fields.set_aside),
    accepted_at: text('accepted_at'),
    sha256: text('sha256'),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function numberOf(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

function objectOf(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
}

function usageOf(value: unknown): Usage | null {
  const { input_tokens, output_tokens } = objectOf(value);
  const [input, output] = [numberOf(input_tokens), numberOf(output_tokens)];
  return input === null || output === null ? null : toUsage(input, output);
}

function configOf(value: unknown): StoryConfig | null {
  const config = objectOf(value);
  const model = textOf(config.model);
  const maxTokens = numberOf(config.max_tokens);
  if (model === null || maxTokens === null) return null;
  return {
    model,
    max_tokens: maxTokens,
    temperature: numberOf(config.temperature),
    min_story_characters: numberOf(config.min_story_characters) ?? 0,
    max_continuations: numberOf(config.max_continuations) ?? 0,
    max_likeness: numberOf(config.max_likeness),
  };
}

function premiseOf(value: unknown): ReadMetadata['premise'] {
  if (typeof value !== 'object' || value === null) return null;
  const cards = Object.entries(value).flatMap(([axis, card]) => {
    const { id, text } = objectOf(card);
    return typeof text === 'string' ? [[axis, { id: textOf(id) ?? text, text }] as const] : [];
  });
  return Object.fromEntries(cards);
}

function callOf(value: unknown): CallSummary {
  const call = objectOf(value);
  return {
    request_id: textOf(call.request_id),
    stop_reason: textOf(call.stop_reason),
    usage: usageOf(call.usage),
    cost_usd: numberOf(call.cost_usd),
  };
}

function reasonOf(value: unknown): SetAsideReason | null {
  if (typeof value !== 'object' || value === null) return null;
  const { kind, code, reason } = objectOf(value);
  return {
    kind: (textOf(kind) ?? 'unusable') as FailureKind,
    code: textOf(code) ?? 'unknown',
    reason: textOf(reason) ?? '까닭이 적혀 있지 않습니다',
  };
}

function doubtsOf(value: unknown): Doubt[] | null {
  if (!Array.isArray(value)) return null;
  return value.flatMap((each: unknown) => {
    const { code, reason } = objectOf(each);
    const isKnown = typeof code === 'string' && Object.hasOwn(DOUBT_REASONS, code);
    return isKnown ? [{ code: code as DoubtCode, reason: textOf(reason) ?? DOUBT_REASONS[code as DoubtCode] }] : [];
  });
}

function isRemoved(value: unknown): value is RemovedText {
  const { what, where, text } = objectOf(value);
  return [what, where, text].every((field) => typeof field === 'string');
}
