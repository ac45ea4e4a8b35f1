import type { FailureKind } from '../../../api/failure.js';
import { addKnownUsage, type Usage } from '../../../api/usage.js';
import type { Premise } from '../../../prompt/cards.js';
import type { LedgerRecord } from '../../../run/ledger.js';
import { type SaveContext, toStoryFiles } from '../../../store/story-files.js';
import type { RunSettings, StoryFiles } from '../../../store/story-metadata.js';
import type { Doubt } from '../../../story/doubts.js';
import { readAnswer } from '../../../story/read-answer.js';
import { toStory } from '../../../story/story.js';
import { storyText } from '../fakes.js';

// What made-up days are made of.

/** The ledger and the texts of a run. */
export interface Day {
  runId: string;
  records: LedgerRecord[];
  stories: Map<string, StoryFiles>;
  setAside: Map<string, StoryFiles>;
  /** Time of the last record, milliseconds since the epoch. */
  at: number;
}

export interface DayOptions {
  seed?: number;
  /** Milliseconds since the epoch. */
  start?: number;
  /** The shortest story, in code points. */
  characters?: number;
  facts?: Partial<RunSettings>;
  /** US dollars per million tokens; null: not known. */
  price?: { input: number; output: number } | null;
  /** The number of different stories, which then repeat. Default: all are different. */
  texts?: number;
  /** The ledger of version 1: one call at a time, and outcomes that do not name it. */
  version1?: boolean;
}

const PLACES =
  '반품 구역,물이 차오르는 방,야간 당직실,서지 않는 층,불 꺼진 영사실,안개 속 등대,비상계단,이름표가 바뀐 병실'.split(
    ',',
  );
const THINGS = '녹음기,세 번째 대답,젖지 않은 우산,먼저 와 있던 사람,내 글씨,마지막 일지,벽 너머 숫자'.split(',');

/** Titles repeat after 56. */
export const titleOf = (number: number) => `${pick(PLACES, number)}의 ${pick(THINGS, number)}`;

const OPENINGS = [
  '새벽 두 시의 반품 구역에는 사람보다 상자가 먼저 도착해 있었다.',
  '그날 이후로 우리 집 수도에서는 물소리보다 늦게 물이 나왔다.',
  '경찰은 같은 질문을 세 번째로 했고, 나는 처음으로 다른 대답을 했다.',
  '당직표의 마지막 칸에는 내가 모르는 내 이름이 적혀 있었다.',
  '녹음기를 끄고 나서도 숨소리는 한참 더 이어졌다.',
  '우산을 돌려주러 온 사람은 비를 한 방울도 맞지 않았다.',
];

/** A call that a day has made. */
export interface MadeCall {
  premise: Premise;
  number: number;
}

/** A batch that was created at `at`. */
export interface MadeBatch {
  key: string;
  id: string;
  at: number;
  calls: readonly MadeCall[];
}

/** Of a call; in a batch it costs half. */
export function costOf(usage: Usage, price: DayOptions['price'], isInBatch: boolean): number | null {
  if (price == null) return null;
  const full = (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1e6;
  return isInBatch ? full / 2 : full;
}

/** What a day tells of a text. */
export interface StoryFacts {
  ms: number;
  usage: Usage | null;
  title?: string;
  /** Name of the part that the story completes, and its metadata. */
  part?: string;
  before?: StoryFiles['metadata'] | undefined;
  doubts?: readonly Doubt[];
  /** Default: that of the run. */
  model?: string;
  /** Id of its batch. */
  batch?: string | undefined;
}

/** Why a text is no story. */
export type Why = { kind: FailureKind; code: string; reason: string };

interface TextFacts extends StoryFacts {
  premise: Premise;
  settings: RunSettings;
  costUsd: number | null;
  /** Chooses the first sentence, and stands in the second. */
  opening: number;
  /** Code points. */
  characters: number;
  sequence: number;
  /** Number of its call; absent in version 1. */
  call?: number;
  occasion: SaveContext;
}

/** The two files of a text, as a worker makes them. */
export function makeStoryFiles(told: TextFacts): StoryFiles {
  const { title = '', characters, settings, model, usage, costUsd, ms, part, premise, occasion } = told;
  const { sequence, call: callNumber, batch, doubts = [] } = told;
  // The second sentence makes every text another one.
  const opening = `${pick(OPENINGS, told.opening)} 일지의 ${told.opening}쪽이었다.`;
  const text = storyText({ title, characters }).replace('\n\n', `\n\n${opening} `);
  const answer = {
    text,
    stopReason: 'end_turn' as const,
    refusalCategory: null,
    usage,
    model: model || settings.model,
    requestId: 'req_1',
    slowUntil: null,
  };
  const call = { request_id: 'req_1', stop_reason: 'end_turn', usage, cost_usd: costUsd };
  const read = readAnswer(text);
  const joined = { answer, verbatim: text, read, seamFailure: null };
  const { before } = told;
  const first = { ...call, usage: before?.usage ?? null, cost_usd: before?.cost_usd ?? null };
  const calls = before === undefined ? ([call] as const) : ([first, call] as const);
  const total = calls
    .map((each) => each.cost_usd)
    .reduce((sum, each) => (sum === null || each === null ? null : sum + each));
  const draft = {
    ...joined,
    answer: { ...answer, usage: calls.map((each) => each.usage).reduce(addKnownUsage) },
    costUsd: total,
    generationMs: ms + (before?.duration_ms ?? 0),
    calls,
    part: part ?? null,
  };
  const named = callNumber === undefined ? {} : { call: callNumber };
  const inBatch = batch === undefined ? {} : { batch };
  const written = { sequence, attempts: 1, premise, draft, doubts, ...named, ...inBatch };
  return toStoryFiles(settings, written, toStory(read, premise), occasion);
}

export function pick<T>(from: readonly T[], at: number): T {
  return from[at % from.length] as T;
}
