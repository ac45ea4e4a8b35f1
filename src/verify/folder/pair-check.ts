import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { addUsage, NO_TOKENS, type Usage } from '../../api/usage.js';
import type { ReadMetadata } from '../../store/story-metadata.js';
import { checksum } from '../../store/story-store.js';
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
  metadata: Pick<ReadMetadata, (typeof KEPT_KEYS)[number]>;
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
  const { name, location, markdownPath, metadata, json, metadataText } = pair;
  const addToRun: AddFinding = (code, where, details) => addFinding(code, where, { run: metadata.run_id, ...details });
  const content = pair.markdown.toString('utf8');
  if (!hasValidChecksum(pair)) addToRun('checksum', name);
  const missing = METADATA_KEYS.filter((key) => !Object.hasOwn(json, key));
  if (missing.length > 0) addToRun('metadata_key', name, { detail: missing.join(', ') });
  const invalid = invalidUsage(json);
  if (invalid !== null) addToRun('usage', name, { detail: invalid });
  const story = fromMarkdown(content);
  const different = differences(story === null ? null : parseFrontmatter(story.frontmatter), json);
  if (different.length > 0) addToRun('frontmatter', name, { detail: different.join(', ') });
  const characters = story === null ? 0 : countCharacters(story.text);
  if (story !== null) {
    if (characters !== json.word_count) addToRun('word_count', name);
    // What a person has put among the stories, the person answers for.
    if (location !== 'set-aside' && metadata.set_aside === null && metadata.accepted_at === null) {
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
    textKey: story === null ? null : checksum(story.text.replace(/^#.*\n/, '').replace(/\s/g, '')),
    total: usageTotalOf(metadata),
  };
}

/** Does a staged pair's metadata vouch for its text? One that is not vouched for was never whole. */
export function hasValidChecksum({ markdown, metadata }: ReadPair): boolean {
  return metadata.sha256 === checksum(markdown);
}

function pickKept(metadata: ReadMetadata): FoundPair['metadata'] {
  const { run_id, sequence, request_id, usage, cost_usd, completes, accepted_at } = metadata;
  return { run_id, sequence, request_id, usage, cost_usd, completes, accepted_at };
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
function differences(frontmatter: Record<string, unknown> | null, json: Record<string, unknown>): string[] {
  if (frontmatter === null) return ['frontmatter'];
  const config = (json.config ?? {}) as Record<string, unknown>;
  const expected: Record<string, unknown> = {
    title: json.title,
    date: json.generated_at,
    description: json.description,
    tags: json.tags,
    wordCount: json.word_count,
    model: json.model,
    provider: json.provider,
    temperature: config.temperature,
  };
  return Object.keys(expected).filter((key) => JSON.stringify(frontmatter[key]) !== JSON.stringify(expected[key]));
}

function savedOptionsOf({ stop_reason, doubts, config }: ReadMetadata): SavedOptions {
  return {
    stopReason: stop_reason,
    isRead: doubts !== null,
    minCharacters: config?.min_story_characters ?? 0,
  };
}

/** What is wrong with the fields on usage, in Korean; null when nothing is. Each may be unknown. */
function invalidUsage({ usage, cost_usd, completes }: Record<string, unknown>): string | null {
  if (!isUsage(usage)) return '토큰 수가 아니거나 합계가 맞지 않습니다';
  if (cost_usd !== null && cost_usd !== undefined && !Number.isFinite(cost_usd)) return '비용이 수가 아닙니다';
  if (completes !== undefined && typeof completes !== 'string') return '이어 쓴 글의 이름이 아닙니다';
  return null;
}

/** Unknown, or counts that add up. */
function isUsage(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const { input_tokens: input, output_tokens: output, total_tokens: total } = value as Record<string, unknown>;
  return [input, output, total].every(Number.isSafeInteger) && Number(input) + Number(output) === total;
}

/** A text that took several calls names them; of another one, its own usage is all. */
function usageTotalOf(metadata: ReadMetadata): UsageTotal {
  const start: UsageTotal = { tokens: NO_TOKENS, costUsd: null };
  return (metadata.calls ?? [metadata]).reduce(
    (total, { usage, cost_usd }) => addToTotal(total, usage, cost_usd),
    start,
  );
}

/** The sum, as far as it is known. */
export function addToTotal({ tokens, costUsd }: UsageTotal, usage: Usage | null, cost: number | null): UsageTotal {
  return {
    tokens: usage === null ? tokens : addUsage(tokens, usage),
    costUsd: cost === null ? costUsd : (costUsd ?? 0) + cost,
  };
}
