import { join } from 'node:path';
import type { FailureKind } from '../../api/failure.js';
import { toUsage, type Usage } from '../../api/usage.js';
import { fileTimestamp } from '../../lib/format-time.js';
import type { ProcessIdentity } from '../../lib/process-identity.js';
import { type Random, seededRandom } from '../../lib/random.js';
import { byAxis, type Premise } from '../../prompt/cards.js';
import { readCards } from '../../prompt/read-cards.js';
import type { LedgerRecord } from '../../run/ledger.js';
import { toStoryFiles } from '../../store/story-files.js';
import type { RunSettings, StoryFiles } from '../../store/story-metadata.js';
import { readAnswer } from '../../story/read-answer.js';
import { toStory } from '../../story/story.js';
import { storyText } from './fakes.js';
import { ROOT } from './processes.js';
import { attempt, DEAD, end, failure, part, story } from './records.js';

// Made-up days of a worker: ledger and stories as a run of hours leaves them. The same seed gives the same day.

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

/** The ledger and the texts of a run. */
export interface Day {
  runId: string;
  records: LedgerRecord[];
  stories: Map<string, StoryFiles>;
  setAside: Map<string, StoryFiles>;
  /** Time of the last record, milliseconds since the epoch. */
  at: number;
}

const PLACES =
  '반품 구역,물이 차오르는 방,야간 당직실,서지 않는 층,불 꺼진 영사실,안개 속 등대,비상계단,이름표가 바뀐 병실'.split(
    ',',
  );
const THINGS = '녹음기,세 번째 대답,젖지 않은 우산,먼저 와 있던 사람,내 글씨,마지막 일지,벽 너머 숫자'.split(',');

/** Titles repeat after 56. */
const titleOf = (number: number) => `${pick(PLACES, number)}의 ${pick(THINGS, number)}`;

const OPENINGS = [
  '새벽 두 시의 반품 구역에는 사람보다 상자가 먼저 도착해 있었다.',
  '그날 이후로 우리 집 수도에서는 물소리보다 늦게 물이 나왔다.',
  '경찰은 같은 질문을 세 번째로 했고, 나는 처음으로 다른 대답을 했다.',
  '당직표의 마지막 칸에는 내가 모르는 내 이름이 적혀 있었다.',
  '녹음기를 끄고 나서도 숨소리는 한참 더 이어졌다.',
  '우산을 돌려주러 온 사람은 비를 한 방울도 맞지 않았다.',
];

const FACTS: RunSettings = {
  provider: 'anthropic',
  model: 'claude-sonnet-5-5',
  maxTokens: 16_000,
  temperature: null,
  minCharacters: 1000,
  maxContinuations: 2,
  maxLikeness: null,
  template: null,
  request: null,
};

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
}

/** Makes a day call by call. Each call moves the clock on. */
export class DayMaker {
  readonly day: Day;
  readonly #random: Random;
  readonly #decks = readCards(join(ROOT, 'config', 'premises'));
  readonly #options: Required<DayOptions>;
  readonly #names: string[] = [];
  readonly #entries: StoryFiles[] = [];
  #at: number;
  #epoch = 1;
  #calls = 0;
  #dealt = 0;

  constructor({ seed = 1, start = Date.UTC(2026, 10, 23, 12, 54), ...options }: DayOptions = {}) {
    const price = { input: 2, output: 10 };
    const texts = Number.POSITIVE_INFINITY;
    this.#options = { seed, start, characters: 2600, facts: {}, price, texts, ...options };
    this.#random = seededRandom(seed);
    this.#at = start;
    const runId = `run_${new Date(start).toISOString().replace(/\D/g, '')}_${(0xa1b2c3 + seed).toString(16)}`;
    const begin = {
      type: 'begin',
      at: start,
      run_id: runId,
      run_name: 'default',
      owner: this.#owner(),
      new_run_token: null,
    } as const;
    this.day = { runId, records: [begin], stories: new Map(), setAside: new Map(), at: start };
  }

  now(): number {
    return this.#at;
  }

  wait(ms: number): this {
    this.#at += ms;
    return this;
  }

  /** A story. @param ms how long it takes; about 70 s by default */
  story({
    ms = this.#spread(70_000),
    usage = this.#usage() as Usage | null,
    title = '',
    part: name = '',
  } = {}): string {
    const { premise, number } = this.#call(name === '' ? undefined : name);
    this.#at += ms;
    const entry = this.#entry(premise, {
      ms,
      usage,
      title: title || titleOf(number),
      ...(name === '' ? {} : { part: name }),
    });
    const nearest = this.#nearest();
    const stored = this.#name(number);
    Object.assign(entry.metadata, nearest === null ? {} : { nearest: nearest.name, likeness: nearest.score });
    this.#names.push(stored);
    this.day.stories.set(stored, entry);
    this.day.setAside.delete(name);
    const completes = name === '' ? {} : { completes: name };
    this.#add(story({ ...this.#paid(usage), name: stored, generation_ms: ms, nearest, ...completes }));
    return stored;
  }

  /** A call that fails, after so many milliseconds. */
  fail(
    kind: FailureKind,
    code: string,
    { ms = 400, usage = toUsage(0, 0) as Usage | null, part: name = '' } = {},
  ): void {
    this.#call(name === '' ? undefined : name);
    this.#at += ms;
    this.#add(failure({ ...this.#paid(usage), failure: kind, code, name: null }));
  }

  /** An answer that is no story. */
  setAside(kind: FailureKind, code: string, reason: string, { ms = this.#spread(40_000), title = '' } = {}): string {
    const { premise, number } = this.#call();
    this.#at += ms;
    const usage = this.#usage();
    const name = this.#name(number);
    const why = { kind, code, reason };
    this.day.setAside.set(name, this.#entry(premise, { ms, usage, title: title || titleOf(number + 7) }, why));
    this.#add(failure({ ...this.#paid(usage), failure: kind, code, name }));
    return name;
  }

  /** A cut-off text, which is kept while its continuation is requested. */
  part({ ms = 180_000 } = {}): string {
    const { premise, number } = this.#call();
    this.#at += ms;
    const usage = toUsage(900, 16_000);
    const name = this.#name(number);
    const why = { kind: 'incomplete' as const, code: 'max_tokens', reason: '글이 토큰 한도에서 잘렸습니다 (2,412자)' };
    this.day.setAside.set(name, this.#entry(premise, { ms, usage, title: titleOf(number + 3) }, why));
    this.#add(part({ ...this.#paid(usage), name, code: 'max_tokens' }));
    return name;
  }

  /** A call that a kill cuts off. */
  killedInCall({ ms = 20_000 } = {}): this {
    this.#call();
    this.#at += ms;
    return this;
  }

  /** Another process resumes the run. */
  restart(): this {
    this.#epoch++;
    this.#add({ type: 'claim', at: this.#at, epoch: this.#epoch, owner: this.#owner(), purpose: 'resume' });
    return this;
  }

  end(reason: string, over = false): this {
    this.#add(end({ at: this.#at, reason, over }));
    return this;
  }

  #add(record: LedgerRecord): void {
    this.day.records.push(record);
    this.day.at = this.#at;
  }

  #owner(): ProcessIdentity {
    return { ...DEAD, pid: 4000 + 137 * this.#epoch };
  }

  #call(continues?: string): { premise: Premise; number: number } {
    const number = ++this.#calls;
    if (continues === undefined) this.#dealt = number;
    const premise = this.#premise(this.#dealt);
    const ids = byAxis((axis) => premise[axis].id);
    this.#add(
      attempt({
        at: this.#at,
        number,
        premise: ids,
        at_most: { tokens: 20_000, cost_usd: 0.17 },
        ...(continues === undefined ? {} : { continues }),
      }),
    );
    return { premise, number };
  }

  /** Steps through the cards of each axis, at a pace of its own. */
  #premise(number: number): Premise {
    return byAxis((axis) => {
      const cards = this.#decks.find((deck) => deck.axis === axis)?.cards ?? [];
      return pick(cards, number * 37 + axis.length);
    });
  }

  #entry(
    premise: Premise,
    { ms, usage, title, part: from }: { ms: number; usage: Usage | null; title: string; part?: string },
    why?: Why,
  ): StoryFiles {
    const { texts } = this.#options;
    const former = this.#entries[this.#calls % texts];
    if (why === undefined && former !== undefined) return { ...former, metadata: { ...former.metadata } };
    const opening = pick(OPENINGS, this.#calls);
    const text = storyText({ title, characters: this.#options.characters + Math.floor(this.#random() * 1400) }).replace(
      '\n\n',
      `\n\n${opening} `,
    );
    const facts = { ...FACTS, ...this.#options.facts };
    const answer = {
      text,
      stopReason: 'end_turn' as const,
      refusalCategory: null,
      usage,
      model: facts.model,
      requestId: 'req_1',
      slowUntil: null,
    };
    const call = { request_id: 'req_1', stop_reason: 'end_turn', usage, cost_usd: this.#cost(usage) };
    const read = readAnswer(text);
    const joined = { answer, verbatim: text, read, seamFailure: null };
    const draft = { ...joined, costUsd: call.cost_usd, generationMs: ms, calls: [call] as const, part: from ?? null };
    const written = { sequence: this.day.stories.size + 1, attempts: 1, premise, draft };
    const occasion = { runId: this.day.runId, now: this.#at, ...(why === undefined ? {} : { setAside: why }) };
    const entry = toStoryFiles(facts, written, toStory(read, premise), occasion);
    if (why === undefined && texts < Number.POSITIVE_INFINITY) this.#entries[this.#calls % texts] = entry;
    return entry;
  }

  #nearest() {
    if (this.#names.length === 0) return null;
    const name = pick(this.#names, Math.floor(this.#random() * this.#names.length));
    return { name, score: Number((0.004 + this.#random() ** 3 * 0.06).toFixed(4)) };
  }

  #name(number: number): string {
    return `horror_story_${fileTimestamp(this.#at)}_${number.toString(16).padStart(8, '0')}`;
  }

  #usage(): Usage {
    return toUsage(1100 + Math.floor(this.#random() * 500), this.#spread(7200));
  }

  #cost(usage: Usage | null): number | null {
    const { price } = this.#options;
    return usage === null || price === null
      ? null
      : (usage.input_tokens * price.input + usage.output_tokens * price.output) / 1e6;
  }

  #paid(usage: Usage | null) {
    return { at: this.#at, usage, cost_usd: this.#cost(usage) };
  }

  /** A random value around another, with a longer tail upwards. */
  #spread(around: number): number {
    return Math.round(around * (0.7 + this.#random() * 0.5 + this.#random() ** 6));
  }
}

type Why = { kind: FailureKind; code: string; reason: string };

function pick<T>(from: readonly T[], at: number): T {
  return from[at % from.length] as T;
}
