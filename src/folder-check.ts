import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { isDeepStrictEqual } from 'node:util';
import { parse } from 'yaml';
import { listFolder } from './files.js';
import {
  type LedgerRecord,
  ledgerPath,
  listRuns,
  type OutcomeRecord,
  type ReadLedger,
  readLedger,
  takenInBy,
} from './ledger.js';
import type { Shelf } from './library.js';
import { replay } from './run.js';
import type { RunState } from './run-state.js';
import { countCharacters, fromMarkdown } from './story.js';
import { addKnown, type Usage } from './usage.js';

/** Something that should not be, or that a reader of the folder should know. */
export interface Finding {
  code: FindingCode;
  /** wrong: a promise is broken. note: what a crash or a person may leave, and nothing is lost by it. */
  severity: 'wrong' | 'note';
  /** The file or the run, below the story folder. */
  where: string;
  /** Korean. */
  message: string;
}

export type FindingCode = keyof typeof MESSAGES;

const MESSAGES = {
  foreign: '소설도 메타데이터도 아닌 파일입니다',
  missing_metadata: '메타데이터가 없는 소설입니다',
  missing_text: '소설이 없는 메타데이터입니다',
  half_published: '메타데이터만 옮겨지고 소설은 아직 작업 폴더에 있습니다',
  leftover: '작업 폴더에 남아 있습니다',
  torn_leftover: '작업 폴더에 온전하지 않은 것이 남아 있습니다',
  unreadable_metadata: '메타데이터를 읽을 수 없습니다',
  checksum: 'sha256이 소설과 맞지 않습니다',
  frontmatter: '소설의 머리말(frontmatter)이 없거나 메타데이터와 다릅니다',
  word_count: '글자 수가 본문과 다릅니다',
  twice: '같은 것이 두 군데에 있습니다',
  sequence: '순번이 1부터 하나씩 이어지지 않습니다',
  wrong_shelf: '장부와 다른 폴더에 있습니다',
  no_ledger: '그 실행의 장부가 없습니다',
  not_in_ledger: '장부에 없는 글입니다',
  not_on_disk: '장부에는 있으나 디스크에 없는 글입니다',
  usage: '사용량이나 비용이 장부와 다릅니다',
  totals: '장부의 합계가 글들의 합계와 다릅니다',
  outcome_without_call: '장부에 호출 없이 결과만 있습니다',
  attempt_number: '장부의 호출 번호가 이어지지 않습니다',
  torn_ledger: '장부에 읽을 수 없는 줄이 있습니다',
  unreadable_ledger: '장부의 첫 줄을 읽을 수 없습니다',
} as const;

/** Where a pair lies. half-published: its metadata on a shelf, its text still in staging. */
export type Place = Shelf | 'staged' | 'half-published';

/** A text with its metadata, both readable; whether they are right is for the findings to say. */
export interface FoundPair {
  name: string;
  place: Place;
  markdownPath: string;
  metadata: Record<string, unknown>;
}

export interface FoundRun {
  id: string;
  ledger: ReadLedger;
  /** What the ledger amounts to. */
  state: RunState;
}

export interface FolderCheck {
  pairs: FoundPair[];
  runs: FoundRun[];
  /** Names in staging that are not whole pairs. */
  torn: string[];
  findings: Finding[];
}

export interface CheckOptions {
  /** No worker is at work, and the last one ended by itself: nothing may be on its way any more. */
  atRest: boolean;
}

const SHELVES: Record<Shelf, string> = { stories: '', 'set-aside': '.set-aside' };
const STAGING = '.staging';
const MARKDOWN = /^(horror_story_\d{8}_\d{6}_[0-9a-f]{8})\.md$/;
const METADATA = /^(horror_story_\d{8}_\d{6}_[0-9a-f]{8})_metadata\.json$/;

/** Checks a story folder against its own metadata and ledgers. Changes nothing. */
export async function checkFolder(folder: string, { atRest }: CheckOptions): Promise<FolderCheck> {
  const findings: Finding[] = [];
  const report: Report = (code, where, severity = 'wrong', detail = '') => {
    findings.push({ code, severity, where, message: `${MESSAGES[code]}${detail === '' ? '' : ` (${detail})`}` });
  };
  const staged = await readStaging(folder);
  const { pairs, torn } = await pairUp(folder, staged, report);
  for (const pair of pairs) await checkPair(pair, report);
  const runs = await readRuns(folder, report);
  for (const run of runs) {
    checkGrammar(run, report);
    checkAgainstLedger(
      run,
      pairs.filter(({ metadata }) => metadata.run_id === run.id),
      report,
    );
  }
  for (const { name, metadata } of pairs) {
    const { run_id } = metadata;
    if (!runs.some(({ id }) => id === run_id)) report('no_ledger', name, 'wrong', String(run_id));
  }
  if (atRest) {
    for (const { name, place } of pairs) {
      if (place === 'staged') report('leftover', name);
      if (place === 'half-published') report('half_published', name);
    }
    for (const name of torn) report('torn_leftover', name);
  }
  return { pairs, runs, torn, findings };
}

type Report = (code: FindingCode, where: string, severity?: Finding['severity'], detail?: string) => void;

/** The paths of what lies in a folder, by name of the pair. */
interface Halves {
  markdown: Map<string, string>;
  metadata: Map<string, string>;
}

function sortOut(folder: string, files: readonly string[], foreign: (file: string) => void): Halves {
  const halves: Halves = { markdown: new Map(), metadata: new Map() };
  for (const file of files) {
    const [markdown, metadata] = [MARKDOWN.exec(file)?.[1], METADATA.exec(file)?.[1]];
    if (markdown !== undefined) halves.markdown.set(markdown, join(folder, file));
    else if (metadata !== undefined) halves.metadata.set(metadata, join(folder, file));
    else foreign(file);
  }
  return halves;
}

async function readStaging(folder: string): Promise<Halves> {
  const all: Halves = { markdown: new Map(), metadata: new Map() };
  for (const runId of await listFolder(join(folder, STAGING))) {
    const staging = join(folder, STAGING, runId);
    const { markdown, metadata } = sortOut(staging, await listFolder(staging), () => {});
    for (const [name, path] of markdown) all.markdown.set(name, path);
    for (const [name, path] of metadata) all.metadata.set(name, path);
  }
  return all;
}

async function pairUp(folder: string, staged: Halves, report: Report): Promise<Pick<FolderCheck, 'pairs' | 'torn'>> {
  const pairs: FoundPair[] = [];
  const shelved = new Set<string>();
  for (const [shelf, below] of Object.entries(SHELVES) as [Shelf, string][]) {
    const path = join(folder, below);
    const visible = (await listFolder(path)).filter((file) => !file.startsWith('.'));
    const { markdown, metadata } = sortOut(path, visible, (file) => report('foreign', join(below, file), 'note'));
    for (const name of [...markdown.keys()].filter((each) => !metadata.has(each))) {
      shelved.add(name);
      report('missing_metadata', join(below, name));
    }
    for (const [name, metadataPath] of metadata) {
      if (shelved.has(name)) report('twice', name);
      shelved.add(name);
      const onShelf = markdown.get(name);
      const markdownPath = onShelf ?? staged.markdown.get(name);
      const parsed = await readMetadata(metadataPath);
      if (parsed === null) report('unreadable_metadata', join(below, name));
      if (markdownPath === undefined) report('missing_text', join(below, name));
      else if (parsed !== null) {
        const place = onShelf === undefined ? 'half-published' : shelf;
        pairs.push({ name, place, markdownPath, metadata: parsed });
      }
      const stillStaged = staged.metadata.has(name) || (onShelf !== undefined && staged.markdown.has(name));
      if (stillStaged) report('twice', join(below, name));
    }
  }
  const torn: string[] = [];
  for (const name of new Set([...staged.markdown.keys(), ...staged.metadata.keys()])) {
    if (shelved.has(name)) continue;
    const [markdownPath, metadataPath] = [staged.markdown.get(name), staged.metadata.get(name)];
    const metadata = metadataPath === undefined ? null : await readMetadata(metadataPath);
    const whole = markdownPath !== undefined && metadata?.sha256 === (await checksum(markdownPath));
    if (metadata !== null && whole) pairs.push({ name, place: 'staged', markdownPath, metadata });
    else torn.push(name);
  }
  return { pairs, torn };
}

async function readMetadata(path: string): Promise<Record<string, unknown> | null> {
  try {
    const metadata: unknown = JSON.parse(await readFile(path, 'utf8'));
    return typeof metadata === 'object' ? (metadata as Record<string, unknown> | null) : null;
  } catch {
    return null;
  }
}

async function checksum(path: string): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

async function checkPair({ name, markdownPath, metadata }: FoundPair, report: Report): Promise<void> {
  if (metadata.sha256 !== (await checksum(markdownPath))) report('checksum', name);
  const story = fromMarkdown(await readFile(markdownPath, 'utf8'));
  const facts = story === null ? null : readFrontmatter(story.frontmatter);
  if (story === null || facts?.title !== metadata.title || facts?.wordCount !== metadata.word_count) {
    report('frontmatter', name);
  }
  if (story !== null && countCharacters(story.text) !== metadata.word_count) report('word_count', name);
}

function readFrontmatter(frontmatter: string): Record<string, unknown> | null {
  try {
    return parse(frontmatter) as Record<string, unknown> | null;
  } catch {
    return null;
  }
}

async function readRuns(folder: string, report: Report): Promise<FoundRun[]> {
  const runs: FoundRun[] = [];
  for (const id of await listRuns(folder)) {
    const ledger = await readLedger(ledgerPath(folder, id));
    if (ledger === null) {
      // Killed in the first write of the run: nothing had been called yet.
      report('unreadable_ledger', id, 'note');
      continue;
    }
    if (ledger.unreadable > 0) report('torn_ledger', id, 'note', `${ledger.unreadable}`);
    runs.push({ id, ledger, state: replay(ledger) });
  }
  return runs;
}

/** Every outcome follows its call; calls are numbered from 1. */
function checkGrammar({ id, ledger: { records } }: FoundRun, report: Report): void {
  let open = false;
  let calls = 0;
  for (const record of records) {
    switch (record.type) {
      case 'attempt':
        calls += 1;
        open = true;
        if (record.number !== calls) report('attempt_number', id, 'wrong', `${calls} ≠ ${record.number}`);
        break;
      case 'outcome':
        if (!open) report('outcome_without_call', id, 'wrong', `${calls}`);
        open = false;
        break;
      case 'snapshot':
        calls = record.state.statistics.attempts + (record.state.open === null ? 0 : 1);
        open = record.state.open !== null;
        break;
      case 'end':
        open = false;
    }
  }
}

type NamedOutcome = Exclude<OutcomeRecord, { kind: 'abandoned' }>;

/** The outcomes that put a text on disk, by its name. */
export function namedOutcomes(records: readonly LedgerRecord[]): Map<string, NamedOutcome> {
  const named = new Map<string, NamedOutcome>();
  for (const record of records) {
    if (record.type === 'outcome' && record.kind !== 'abandoned' && record.name !== null) {
      named.set(record.name, record);
    }
  }
  return named;
}

function checkAgainstLedger({ id, ledger, state }: FoundRun, pairs: readonly FoundPair[], report: Report): void {
  const { records } = ledger;
  // A ledger that was begun anew knows the texts from before only as a sum.
  const isWhole = records.every(({ type }) => type !== 'snapshot');
  const named = namedOutcomes(records);
  const takenIn = takenInBy(records);
  for (const { name, place, metadata } of pairs) {
    const record = named.get(name);
    if (record === undefined) {
      // Killed between the two: the next start records it.
      if (isWhole && place !== 'staged') report('not_in_ledger', name);
      continue;
    }
    // A person may have put it among the stories since.
    const isStory = record.kind === 'story' || metadata.accepted_at !== undefined;
    const shelf: Shelf = isStory ? 'stories' : 'set-aside';
    if ((place === 'stories' || place === 'set-aside') && place !== shelf) report('wrong_shelf', name);
    const told = [usageOf(record, named), record.completes];
    if (!isDeepStrictEqual(told, [metadata.usage, metadata.completes])) report('usage', name);
    if (!isDeepStrictEqual(costOfText(record, named), metadata.cost_usd)) report('usage', name);
    // Its text stands in another; a kill may have left it in staging.
    if (takenIn.has(name) && place !== 'staged') report('twice', name);
  }
  const present = new Set(pairs.map(({ name }) => name));
  for (const name of named.keys()) if (!present.has(name) && !takenIn.has(name)) report('not_on_disk', name);
  if (isWhole) checkTotals(id, state, records, report);
  checkSequence(
    id,
    pairs.filter(({ name }) => named.get(name)?.kind === 'story'),
    isWhole,
    report,
  );
}

/** What the ledger says of all calls that a text took; null as soon as one of them is not known. */
function usageOf(record: NamedOutcome, named: ReadonlyMap<string, NamedOutcome>): Usage | null {
  const before = partBefore(record, named);
  return before === null ? record.usage : addKnown(usageOf(before, named), record.usage);
}

function costOfText(record: NamedOutcome, named: ReadonlyMap<string, NamedOutcome>): number | null {
  const before = partBefore(record, named);
  const cost = before === null ? 0 : costOfText(before, named);
  return cost === null || record.cost_usd === null ? null : cost + record.cost_usd;
}

function partBefore({ completes }: NamedOutcome, named: ReadonlyMap<string, NamedOutcome>): NamedOutcome | null {
  return completes === undefined ? null : (named.get(completes) ?? null);
}

/** The replay, against a count that does not share its code. */
function checkTotals(id: string, state: RunState, records: readonly LedgerRecord[], report: Report): void {
  const { statistics } = state;
  const outcomes = records.flatMap((record) => (record.type === 'outcome' ? [record] : []));
  const stories = outcomes.filter(({ kind }) => kind === 'story').length;
  const takenIn = takenInBy(outcomes);
  const isSetAside = (outcome: OutcomeRecord) =>
    (outcome.kind === 'failure' && outcome.name !== null) || (outcome.kind === 'part' && !takenIn.has(outcome.name));
  // A part whose rest may still come is neither.
  const pending = state.part === null ? 0 : 1;
  const setAside = outcomes.filter(isSetAside).length - pending;
  const total = outcomes.reduce((sum, { usage }) => sum + (usage?.total_tokens ?? 0), 0);
  const told = [statistics.stories, statistics.setAside, statistics.tokens.total_tokens];
  if (!isDeepStrictEqual(told, [stories, setAside, total])) {
    report('totals', id, 'wrong', `${told.join('/')} ≠ ${[stories, setAside, total].join('/')}`);
  }
}

function checkSequence(id: string, stories: readonly FoundPair[], isWhole: boolean, report: Report): void {
  const numbers = stories.map(({ metadata }) => Number(metadata.sequence)).sort((a, b) => a - b);
  const first = isWhole ? 1 : (numbers[0] ?? 1);
  if (numbers.some((number, at) => number !== first + at)) report('sequence', id, 'wrong', numbers.join(', '));
}
