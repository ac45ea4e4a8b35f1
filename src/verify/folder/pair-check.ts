import { createHash } from 'node:crypto';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { addUsage, NO_TOKENS, type Usage } from '../../api/usage.js';
import { countCharacters, fromMarkdown } from '../../story/story.js';
import { type SavedOptions, validateSaved } from '../../story/validate-saved.js';
import type { AddFinding } from '../findings.js';
import type { FindSecret } from '../secret-scan.js';
import type { PairLocation, ReadPair } from './pairs.js';

/** What the other checks need of a pair's metadata; of ten thousand stories, the rest would fill the memory. */
export const KEPT_KEYS = ['run_id', 'sequence', 'request_id', 'usage', 'cost_usd', 'completes', 'accepted_at'] as const;

/** A pair that was read and held against itself. */
export interface FoundPair {
  name: string;
  location: PairLocation;
  markdownPath: string;
  metadata: Record<(typeof KEPT_KEYS)[number], unknown>;
  /** Of the story, heading and spaces included; 0 where it could not be read. */
  characters: number;
  /** The same for texts that are the same below their titles, space aside; null where the text could not be read. */
  textKey: string | null;
  /** What all its calls used, as far as it is known. */
  total: UsageTotal;
}

export interface UsageTotal {
  tokens: Usage;
  /** US dollars; null while none is known. */
  costUsd: number | null;
}

/** The original's keys, and ours: a reader may count on them. */
const METADATA_KEYS = [
  ...['generated_at', 'model', 'template_used', 'custom_request', 'config', 'word_count', 'usage', 'title', 'tags'],
  ...['description', 'run_id', 'sequence', 'premise', 'stop_reason', 'attempts', 'duration_ms', 'request_id'],
  ...['provider', 'cost_usd', 'sha256'],
];

/** Holds a pair against what it promises of itself. Pure but for what it reports. */
export function checkPair(pair: ReadPair, findSecret: FindSecret, addFinding: AddFinding): FoundPair {
  const { name, location, markdownPath, metadata, metadataText } = pair;
  const run = runOf(metadata);
  const addToRun: AddFinding = (code, where, details) => addFinding(code, where, { run, ...details });
  const content = pair.markdown.toString('utf8');
  if (metadata.sha256 !== sha256(pair.markdown)) addToRun('checksum', name);
  const missing = METADATA_KEYS.filter((key) => !Object.hasOwn(metadata, key));
  if (missing.length > 0) addToRun('metadata_key', name, { detail: missing.join(', ') });
  if (!isUsage(metadata.usage)) addToRun('usage', name, { detail: '토큰 수가 아니거나 합계가 맞지 않습니다' });
  const story = fromMarkdown(content);
  const different = differences(story === null ? null : parseFrontmatter(story.frontmatter), metadata);
  if (different.length > 0) addToRun('frontmatter', name, { detail: different.join(', ') });
  const characters = story === null ? 0 : countCharacters(story.text);
  if (story !== null) {
    if (characters !== metadata.word_count) addToRun('word_count', name);
    // What a person has put among the stories, the person answers for.
    if (location !== 'set-aside' && metadata.set_aside === undefined && metadata.accepted_at === undefined) {
      const { failure } = validateSaved(story.text, savedOptionsOf(metadata));
      if (failure !== null) addToRun('not_whole', name, { detail: failure.reason });
    }
  }
  for (const [file, text] of [
    [basename(markdownPath), content],
    [`${name}_metadata.json`, metadataText],
  ] as const) {
    const secret = findSecret(text);
    if (secret !== null)
      addToRun('secret', location === 'set-aside' ? join('.set-aside', file) : file, { detail: secret });
  }
  return {
    name,
    location,
    markdownPath,
    metadata: pickKept(metadata),
    characters,
    textKey: story === null ? null : sha256(Buffer.from(story.text.replace(/^#.*\n/, '').replace(/\s/g, ''))),
    total: usageTotalOf(metadata),
  };
}

/** Does a staged pair's metadata vouch for its text? One that is not vouched for was never whole. */
export function hasValidChecksum({ markdown, metadata }: ReadPair): boolean {
  return metadata.sha256 === sha256(markdown);
}

function sha256(content: Buffer): string {
  return createHash('sha256').update(content).digest('hex');
}

function runOf({ run_id }: Record<string, unknown>): string | null {
  return typeof run_id === 'string' ? run_id : null;
}

function pickKept(metadata: Record<string, unknown>): FoundPair['metadata'] {
  const entries = KEPT_KEYS.map((key) => [key, metadata[key]]);
  return Object.fromEntries(entries) as FoundPair['metadata'];
}

function parseFrontmatter(yaml: string): Record<string, unknown> | null {
  try {
    const frontmatter: unknown = parse(yaml);
    return typeof frontmatter === 'object' ? (frontmatter as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/** What the frontmatter says otherwise than the metadata. */
function differences(frontmatter: Record<string, unknown> | null, metadata: Record<string, unknown>): string[] {
  if (frontmatter === null) return ['frontmatter'];
  const config = (metadata.config ?? {}) as Record<string, unknown>;
  const expected: Record<string, unknown> = {
    title: metadata.title,
    date: metadata.generated_at,
    description: metadata.description,
    tags: metadata.tags,
    wordCount: metadata.word_count,
    model: metadata.model,
    provider: metadata.provider,
    temperature: config.temperature,
  };
  return Object.keys(expected).filter((key) => JSON.stringify(frontmatter[key]) !== JSON.stringify(expected[key]));
}

function savedOptionsOf(metadata: Record<string, unknown>): SavedOptions {
  const { stop_reason: stopReason } = metadata;
  return {
    stopReason: typeof stopReason === 'string' ? stopReason : null,
    isRead: Object.hasOwn(metadata, 'doubts'),
    minCharacters: minCharactersOf(metadata),
  };
}

/** The shortest text, in characters, that counted as a story when this one was written. */
function minCharactersOf({ config }: Record<string, unknown>): number {
  const { min_story_characters: minimum } = (config ?? {}) as Record<string, unknown>;
  return typeof minimum === 'number' ? minimum : 0;
}

/** Unknown, or counts that add up. */
function isUsage(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const { input_tokens: input, output_tokens: output, total_tokens: total } = value as Record<string, unknown>;
  return [input, output, total].every(Number.isSafeInteger) && Number(input) + Number(output) === total;
}

/** A text that took several calls names them; of another one, its own usage is all. */
function usageTotalOf(metadata: Record<string, unknown>): UsageTotal {
  const calls = Array.isArray(metadata.calls) ? (metadata.calls as Record<string, unknown>[]) : [metadata];
  let total: UsageTotal = { tokens: NO_TOKENS, costUsd: null };
  for (const { usage, cost_usd } of calls) {
    total = addToTotal(total, usage as Usage | null, cost_usd as number | null);
  }
  return total;
}

/** The sum, as far as it is known. */
export function addToTotal({ tokens, costUsd }: UsageTotal, usage: Usage | null, cost: number | null): UsageTotal {
  return {
    tokens: usage === null || usage === undefined ? tokens : addUsage(tokens, usage),
    costUsd: cost === null || cost === undefined ? costUsd : (costUsd ?? 0) + cost,
  };
}
