import { basename, join } from 'node:path';
import { parse } from 'yaml';
import { addUsage, NO_TOKENS, type Usage } from '../../api/usage.js';
import { fromMarkdown } from '../../store/frontmatter.js';
import type { ReadMetadata } from '../../store/story-metadata.js';
import { checksum } from '../../store/story-store.js';
import { mergeDoubts } from '../../story/doubts.js';
import type { RemovedText } from '../../story/reading/removed-text.js';
import { countCharacters } from '../../story/story.js';
import { type SavedOptions, validateSaved } from '../../story/validate-saved.js';
import type { AddFinding } from '../findings.js';
import type { FindSecret } from '../secret-scan.js';
import type { PairLocation, ReadPair } from './pairs.js';

/** The metadata that later checks need. The rest is dropped: that of ten thousand stories would fill the memory. */
type KeptMetadata = Pick<
  ReadMetadata,
  'run_id' | 'sequence' | 'generated_at' | 'request_id' | 'usage' | 'cost_usd' | 'completes' | 'accepted_at' | 'doubts'
>;

/** A pair that was read and checked against its own metadata. */
export interface FoundPair {
  name: string;
  location: PairLocation;
  markdownPath: string;
  metadata: KeptMetadata;
  /** Code points of the story, heading and spaces included; 0 when the file is damaged. */
  characters: number;
  /** Checksum of the text without title and white space, to compare stories by; null when the file is damaged. */
  textKey: string | null;
  /** Of all its calls, as far as their usage is known. */
  total: UsageTotal;
}

/** A sum of known usage. */
export interface UsageTotal {
  tokens: Usage;
  /** US dollars; null while none is known. */
  costUsd: number | null;
}

/** The keys that the metadata of every version has; users' scripts read them. */
const METADATA_KEYS = [
  ...['generated_at', 'model', 'template_used', 'custom_request', 'config', 'word_count', 'usage', 'title', 'tags'],
  ...['description', 'run_id', 'sequence', 'premise', 'stop_reason', 'attempts', 'duration_ms', 'request_id'],
  ...['provider', 'cost_usd', 'sha256'],
];

/** Checks a pair against its own metadata. Pure except for the findings that it adds. */
export function checkPair(pair: ReadPair, findSecret: FindSecret, addFinding: AddFinding): FoundPair {
  const { name, location, markdownPath, metadata, json, metadataText } = pair;
  const addToRun: AddFinding = (code, where, details) => addFinding(code, where, { run: metadata.run_id, ...details });
  const content = pair.markdown.toString('utf8');
  if (!hasValidChecksum(pair)) addToRun('checksum', name);
  const missing = METADATA_KEYS.filter((key) => !Object.hasOwn(json, key));
  if (missing.length > 0) addToRun('metadata_key', name, { detail: missing.join(', ') });
  const invalid = invalidUsage(json);
  if (invalid !== null) addToRun('usage', name, { detail: invalid });
  for (const detail of invalidReading(json)) addToRun('metadata_value', name, { detail });
  const story = fromMarkdown(content);
  const different = differences(story === null ? null : parseFrontmatter(story.frontmatter), json);
  if (different.length > 0) addToRun('frontmatter', name, { detail: different.join(', ') });
  const characters = story === null ? 0 : countCharacters(story.text);
  if (story !== null) {
    if (characters !== json.word_count) addToRun('word_count', name);
    // A text that a person accepted need not be a whole story.
    if (location !== 'set-aside' && metadata.set_aside === null && metadata.accepted_at === null) {
      const { failure, doubts } = validateSaved(story.text, savedOptionsOf(metadata));
      if (failure !== null) addToRun('not_whole', name, { detail: failure.reason });
      // The recorded doubts come first; today's rules may add others.
      const all = failure === null ? mergeDoubts(metadata.doubts ?? [], doubts) : [];
      for (const { code, reason } of all) {
        addToRun('doubtful', `${name}.md`, { severity: 'note', detail: `${code}: ${reason}` });
      }
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

/** Tells whether the metadata has the checksum of the text. A staged pair without it was never complete. */
export function hasValidChecksum({ markdown, metadata }: ReadPair): boolean {
  return metadata.sha256 === checksum(markdown);
}

function pickKept(metadata: ReadMetadata): KeptMetadata {
  const { run_id, sequence, generated_at, request_id, usage, cost_usd, completes, accepted_at, doubts } = metadata;
  return { run_id, sequence, generated_at, request_id, usage, cost_usd, completes, accepted_at, doubts };
}

function parseFrontmatter(yaml: string): Record<string, unknown> | null {
  try {
    const frontmatter: unknown = parse(yaml);
    return typeof frontmatter === 'object' ? (frontmatter as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

/** The keys of the frontmatter that differ from the metadata. */
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
  // A temperature that was not set is left out, and null in files of version 1.
  const isDifferent = (key: string) =>
    JSON.stringify(frontmatter[key] ?? null) !== JSON.stringify(expected[key] ?? null);
  return Object.keys(expected).filter(isDifferent);
}

function savedOptionsOf({ stop_reason, doubts, config }: ReadMetadata): SavedOptions {
  return {
    stopReason: stop_reason,
    recorded: doubts === null ? null : doubts.map(({ code }) => code),
    minCharacters: config?.min_story_characters ?? 0,
  };
}

/** The mistake in the fields on usage, in Korean; null when there is none. Each of the fields may be unknown. */
function invalidUsage({ usage, cost_usd, completes }: Record<string, unknown>): string | null {
  if (!isUsage(usage)) return '토큰 수가 아니거나 합계가 맞지 않습니다';
  if (cost_usd !== null && cost_usd !== undefined && !Number.isFinite(cost_usd)) return '비용이 수가 아닙니다';
  if (completes !== undefined && typeof completes !== 'string') return '이어 쓴 글의 이름이 아닙니다';
  return null;
}

/** The mistakes, in Korean, in what the metadata says of the reading of its answer. Version 1 says nothing of it. */
function invalidReading({ doubts = [], removed = [] }: Record<string, unknown>): string[] {
  return [
    ...(isListOf(doubts, ['code', 'reason'], []) ? [] : ['doubts']),
    ...(isListOf(removed, ['what', 'where', 'text'], PLACES_OF_REMOVED) ? [] : ['removed']),
  ];
}

/** Where something that was taken away stood. */
const PLACES_OF_REMOVED: readonly unknown[] = ['before', 'after', 'around', 'inside'] satisfies RemovedText['where'][];

/** A list of objects with these fields, all of them texts that are not empty. @param places of a field `where` */
function isListOf(value: unknown, fields: readonly string[], places: readonly unknown[]): boolean {
  const isText = (field: unknown) => typeof field === 'string' && field !== '';
  const isEntry = (entry: unknown) => {
    const object = (typeof entry === 'object' ? entry : null) as Record<string, unknown> | null;
    if (object === null) return false;
    return fields.every((name) => isText(object[name])) && (places.length === 0 || places.includes(object.where));
  };
  return Array.isArray(value) && value.every(isEntry);
}

/** Unknown, or counts that add up. */
function isUsage(value: unknown): boolean {
  if (value === null || value === undefined) return true;
  const { input_tokens: input, output_tokens: output, total_tokens: total } = value as Record<string, unknown>;
  return [input, output, total].every(Number.isSafeInteger) && Number(input) + Number(output) === total;
}

/** A text that took several calls lists them in its metadata; any other one has its usage directly. */
function usageTotalOf(metadata: ReadMetadata): UsageTotal {
  const start: UsageTotal = { tokens: NO_TOKENS, costUsd: null };
  return (metadata.calls ?? [metadata]).reduce(
    (total, { usage, cost_usd }) => addToTotal(total, usage, cost_usd),
    start,
  );
}

/** Adds usage and cost to a total; null adds nothing. */
export function addToTotal({ tokens, costUsd }: UsageTotal, usage: Usage | null, cost: number | null): UsageTotal {
  return {
    tokens: usage === null ? tokens : addUsage(tokens, usage),
    costUsd: cost === null ? costUsd : (costUsd ?? 0) + cost,
  };
}
