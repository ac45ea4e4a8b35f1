import { randomUUID } from 'node:crypto';
import { appendFile, link, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openAppendLog } from '../../src/lib/append-log.js';
import { SECOND } from '../../src/lib/clock.js';
import type { Random } from '../../src/lib/random.js';
import { type AxisCards, idsOf } from '../../src/prompt/cards.js';
import { openDeck } from '../../src/prompt/deck.js';
import { DeckState } from '../../src/prompt/deck-state.js';
import { type LedgerRecord, ledgerPath } from '../../src/run/ledger.js';
import { beginRun } from '../../src/run/run.js';
import { toIndexLine } from '../../src/store/similarity-index.js';
import { toStoryFiles } from '../../src/store/story-files.js';
import type { RunSettings } from '../../src/store/story-metadata.js';
import { filesOf, newName, openStoryStore } from '../../src/store/story-store.js';
import { newDraft } from '../../src/story/continuation.js';
import { readAnswer } from '../../src/story/read-answer.js';
import { signatureOf } from '../../src/story/similarity.js';
import { toStory } from '../../src/story/story.js';
import { createTexts } from './sample-texts.js';

export interface HistoryOptions {
  /** An empty folder. */
  folder: string;
  axes: readonly AxisCards[];
  stories: number;
  /** Number of runs: each wrote an equal share of the stories, and has ended. */
  runs: number;
  /** The name of every second run; the others have a different one. */
  runName: string;
  random: Random;
  /** Milliseconds since the epoch; the last story was written just before. */
  now: number;
  /** Aborts the work and leaves the folder incomplete. */
  signal: AbortSignal;
}

/** The time between two stories, in milliseconds. */
const INTERVAL = 1800 * SECOND;

/** Number of different pairs of files; the others are hard links to them, of which ext4 allows 65,000 per file. */
const ORIGINALS = 64;

/** Items per step; between steps the signal is checked. */
const BATCH = 1000;

/** Fills a folder like years of work: pairs, ledgers, deck with digest, similarity index. */
export async function makeHistory(options: HistoryOptions): Promise<void> {
  const { stories, now } = options;
  const names = Array.from({ length: stories }, (_, index) => newName(now - (stories - index) * INTERVAL));
  await makePairs(options, names);
  await makeLedgers(options, names);
  await makeDeck(options);
  await makeSimilarityIndex(options, names);
}

async function makePairs({ folder, axes, random, signal }: HistoryOptions, names: readonly string[]): Promise<void> {
  const library = openStoryStore(folder, 'bench');
  const originals = names.slice(0, ORIGINALS);
  const deck = new DeckState(axes);
  const textAt = createTexts();
  for (const [index, name] of originals.entries()) {
    const { premise } = deck.propose(random);
    const text = textAt(index);
    const written = { sequence: index + 1, attempts: 1, premise, draft: draftOf(text) };
    await library.stage(
      name,
      toStoryFiles(FACTS, written, toStory(readAnswer(text), premise), { runId: 'bench', now: 0 }),
    );
    await library.publish(name, 'stories');
  }
  for (const batch of batches(names.slice(ORIGINALS))) {
    signal.throwIfAborted();
    await Promise.all(
      batch.flatMap((name, at) => {
        const original = filesOf(originals[at % originals.length] ?? name);
        return filesOf(name).map((file, which) => link(join(folder, original[which] ?? ''), join(folder, file)));
      }),
    );
  }
}

const FACTS: RunSettings = {
  provider: 'bench',
  model: 'bench',
  template: null,
  request: null,
  maxTokens: 16_000,
  temperature: null,
  minCharacters: 1000,
  maxContinuations: 2,
  maxLikeness: null,
};

const USAGE = { input_tokens: 1379, output_tokens: 3000, total_tokens: 4379 };
const COSTS = { usage: USAGE, cost_usd: null };

/** The generation time of a story, in milliseconds. */
const GENERATION = 60 * SECOND;

function draftOf(text: string) {
  const stopReason = 'end_turn' as const;
  const named = { refusalCategory: null, model: 'bench', requestId: 'req_bench', slowUntil: null };
  return newDraft({ answer: { text, stopReason, usage: USAGE, ...named }, costUsd: null, generationMs: GENERATION });
}

/** Writes a ledger per run: its share of the stories, then the end. */
async function makeLedgers(options: HistoryOptions, names: readonly string[]): Promise<void> {
  const { folder, axes, runs, runName, random, now, signal } = options;
  const owner = { boot: 'bench', pid: 1, started: null };
  const deck = new DeckState(axes);
  // A draw takes 0.2 ms, too long for each of a hundred thousand attempts.
  const premises = Array.from({ length: 1000 }, () => idsOf(deck.propose(random).premise));
  const share = Math.ceil(names.length / runs);
  for (let run = 0; run < runs; run++) {
    signal.throwIfAborted();
    const own = names.slice(run * share, (run + 1) * share);
    let at = now - (names.length - run * share) * INTERVAL;
    const place = { folder, me: owner, now: () => at };
    const { id } = await beginRun(place, run % 2 === 0 ? runName : `${runName}-2`, null);
    const records = own.flatMap((name, index): LedgerRecord[] => {
      at += INTERVAL;
      const premise = premises[index % premises.length] ?? {};
      return [
        { type: 'attempt', at, number: index + 1, premise, at_most: { tokens: 21_000, cost_usd: null } },
        {
          type: 'outcome',
          kind: 'story',
          at: at + GENERATION,
          ...COSTS,
          name,
          generation_ms: GENERATION,
          nearest: null,
        },
      ];
    });
    const end: LedgerRecord = { type: 'end', at, reason: 'duration', over: true };
    await appendFile(ledgerPath(folder, id), toLines([...records, end]));
  }
}

/** Records one draw per story. Opening the deck then draws once more, and writes the digest. */
async function makeDeck({ folder, axes, stories, random }: HistoryOptions): Promise<void> {
  const deck = new DeckState(axes);
  const draws: object[] = [];
  while (draws.length < stories) {
    const { premise, allowRepeat, ahead } = deck.propose(random);
    deck.use(idsOf(premise), { allowRepeat, ahead });
    draws.push({ id: randomUUID(), premise: idsOf(premise), ahead });
  }
  await writeFile(join(folder, '.deck.jsonl'), toLines(draws));
  await openDeck({ folder, axes, random, newId: randomUUID })();
}

/** Number of shingles per story: enough to fill a signature. */
const SHINGLES = 1000;

async function makeSimilarityIndex(
  { folder, random, signal }: HistoryOptions,
  names: readonly string[],
): Promise<void> {
  const file = openAppendLog(join(folder, '.likeness'));
  for (const batch of batches(names)) {
    signal.throwIfAborted();
    await file.append(batch.map((name) => toIndexLine(name, makeSignature(random))));
  }
}

function makeSignature(random: Random): Uint8Array {
  const shingles = new Set(Array.from({ length: SHINGLES }, () => Math.floor(random() * 2 ** 32)));
  return signatureOf(shingles);
}

function toLines(records: readonly object[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

function* batches<T>(items: readonly T[]): Generator<readonly T[]> {
  for (let at = 0; at < items.length; at += BATCH) yield items.slice(at, at + BATCH);
}
