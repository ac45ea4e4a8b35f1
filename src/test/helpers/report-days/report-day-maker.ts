import { join } from 'node:path';
import type { FailureKind } from '../../../api/failure.js';
import { toUsage, type Usage } from '../../../api/usage.js';
import { fileTimestamp } from '../../../lib/format-time.js';
import type { ProcessIdentity } from '../../../lib/process-identity.js';
import { type Random, seededRandom } from '../../../lib/random.js';
import { byAxis, type Premise } from '../../../prompt/cards.js';
import { readCards } from '../../../prompt/read-cards.js';
import type { LedgerRecord } from '../../../run/ledger.js';
import type { StoryFiles } from '../../../store/story-metadata.js';
import type { Doubt } from '../../../story/doubts.js';
import { RUN_SETTINGS } from '../fakes.js';
import { ROOT } from '../processes.js';
import { abandoned, attempt, DEAD, end, failure, part, story } from '../records.js';
import { interleave } from './report-day-slots.js';
import {
  costOf,
  type Day,
  type DayOptions,
  type MadeBatch,
  type MadeCall,
  makeStoryFiles,
  pick,
  type StoryFacts,
  titleOf,
  type Why,
} from './report-day-texts.js';

// Made-up days of a worker: ledger and stories as a run of hours leaves them. The same seed gives the same day.

export const SECOND = 1000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;

export type { Day, DayOptions } from './report-day-texts.js';

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
    const version1 = false;
    this.#options = { seed, start, characters: 2600, facts: {}, price, texts, version1, ...options };
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
    doubts = [] as readonly Doubt[],
    model = '',
  } = {}): string {
    const call = this.#call(name === '' ? {} : { continues: name });
    this.#at += ms;
    return this.#saveStory(call, { ms, usage, title, part: name, doubts, model });
  }

  #saveStory(
    call: MadeCall,
    { ms, usage, title = '', part: name = '', doubts = [], model = '', batch }: StoryFacts,
  ): string {
    const { premise, number } = call;
    const facts = { ms, usage, title: title || titleOf(number), call: number };
    const cut = name === '' ? {} : { part: name, before: this.day.setAside.get(name)?.metadata };
    const entry = this.#entry(premise, { ...facts, ...cut, model, batch, doubts });
    const nearest = this.#nearest();
    const stored = this.#name(number);
    Object.assign(entry.metadata, nearest === null ? {} : { nearest: nearest.name, likeness: nearest.score });
    this.#names.push(stored);
    this.day.stories.set(stored, entry);
    this.day.setAside.delete(name);
    const completes = name === '' ? {} : { completes: name };
    const codes = doubts.length === 0 ? {} : { doubts: doubts.map(({ code }) => code) };
    const paid = this.#paid(number, usage, batch);
    this.#add(story({ ...paid, name: stored, generation_ms: ms, nearest, ...completes, ...codes }));
    return stored;
  }

  /** A call that fails, after so many milliseconds. */
  fail(
    kind: FailureKind,
    code: string,
    { ms = 400, usage = toUsage(0, 0) as Usage | null, part: name = '' } = {},
  ): void {
    const { number } = this.#call(name === '' ? {} : { continues: name });
    this.#at += ms;
    this.#add(failure({ ...this.#paid(number, usage), failure: kind, code, name: null }));
  }

  /** An answer that is no story. */
  setAside(kind: FailureKind, code: string, reason: string, { ms = this.#spread(40_000), title = '' } = {}): string {
    const { premise, number } = this.#call();
    this.#at += ms;
    const usage = this.#usage();
    const name = this.#name(number);
    const why = { kind, code, reason };
    const facts = { ms, usage, title: title || titleOf(number + 7), call: number };
    this.day.setAside.set(name, this.#entry(premise, facts, why));
    this.#add(failure({ ...this.#paid(number, usage), failure: kind, code, name }));
    return name;
  }

  /** A cut-off text, which is kept while its continuation is requested. */
  part({ ms = 180_000 } = {}): string {
    const { premise, number } = this.#call();
    this.#at += ms;
    const usage = toUsage(900, 16_000);
    const name = this.#name(number);
    const why = { kind: 'incomplete' as const, code: 'max_tokens', reason: '글이 토큰 한도에서 잘렸습니다 (2,412자)' };
    const facts = { ms, usage, title: titleOf(number + 3), call: number };
    this.day.setAside.set(name, this.#entry(premise, facts, why));
    this.#add(part({ ...this.#paid(number, usage), name, code: 'max_tokens' }));
    return name;
  }

  /** A call that a kill cuts off. */
  killedInCall({ ms = 20_000 } = {}): this {
    this.#call();
    this.#at += ms;
    return this;
  }

  /**
   * Stories side by side: every slot goes its own way from now on, and the time is that of the last one then. Calls get
   * their numbers, and stories their sequence, in the order in which they came.
   */
  sideBySide(...slots: readonly (() => void)[]): this {
    const { records, stories } = this.day;
    const [from, firstCall, firstStory] = [this.#at, this.#calls, stories.size];
    const before = records.length;
    let last = from;
    for (const slot of slots) {
      this.#at = from;
      slot();
      last = Math.max(last, this.#at);
    }
    records.push(...interleave(records.splice(before), { firstCall, firstStory, stories }));
    [this.#at, this.day.at] = [last, last];
    return this;
  }

  /** A batch of so many calls: the intent to create it, and its creation. */
  beginBatch(count: number, { id = `msgbatch_${String(this.#calls + 1).padStart(6, '0')}` } = {}): MadeBatch {
    const key = `batch_${this.#calls + 1}`;
    const calls = Array.from({ length: count }, () => this.#call({ batch: key }));
    this.#add({ type: 'batch', at: this.#at, key, phase: 'intent' });
    this.wait(900);
    this.#add({ type: 'batch', at: this.#at, key, phase: 'created', id });
    return { key, id, at: this.#at, calls };
  }

  /**
   * The results of a batch, the last call first. Calls beyond the list gave stories; null: there is no result.
   * @param fates of the first results
   */
  collectBatch({ key, id, at, calls }: MadeBatch, fates: readonly ('expired' | 'errored' | null)[] = []): this {
    const ms = (this.#at - at) / calls.length;
    for (const [index, call] of [...calls].reverse().entries()) {
      const fate = fates[index];
      this.wait(120);
      const free = this.#paid(call.number, toUsage(0, 0), id);
      if (fate === 'expired') this.#add(abandoned(free));
      if (fate === 'errored') this.#add(failure({ ...free, failure: 'transient', code: 'api_error', name: null }));
      if (fate === undefined) this.#saveStory(call, { ms, usage: this.#usage(), batch: id });
    }
    this.#add({ type: 'batch', at: this.#at, key, phase: 'closed' });
    return this;
  }

  /** Another process resumes the run. */
  restart(): this {
    this.#epoch++;
    this.#add({ type: 'claim', at: this.#at, epoch: this.#epoch, owner: this.#owner(), purpose: 'resume' });
    return this;
  }

  /** @param batches how many are out */
  end(reason: string, over = false, batches = 0): this {
    this.#add(end({ at: this.#at, reason, over, ...(batches === 0 ? {} : { batches }) }));
    return this;
  }

  #add(record: LedgerRecord): void {
    this.day.records.push(record);
    this.day.at = this.#at;
  }

  #owner(): ProcessIdentity {
    return { ...DEAD, pid: 4000 + 137 * this.#epoch };
  }

  #call({ continues, batch }: { continues?: string; batch?: string } = {}): MadeCall {
    const number = ++this.#calls;
    if (continues === undefined) this.#dealt = number;
    const premise = this.#premise(this.#dealt);
    const ids = byAxis((axis) => premise[axis].id);
    const inBatch = batch === undefined ? {} : { batch, custom_id: `${this.day.runId}_${number}`, cards: premise };
    this.#add(
      attempt({
        at: this.#at,
        number,
        premise: ids,
        at_most: { tokens: 20_000, cost_usd: batch === undefined ? 0.17 : 0.085 },
        ...(continues === undefined ? {} : { continues }),
        ...inBatch,
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

  #entry(premise: Premise, told: StoryFacts & { call: number }, why?: Why): StoryFiles {
    const { texts, characters, facts, version1 } = this.#options;
    const former = this.#entries[this.#calls % texts];
    if (why === undefined && former !== undefined) return { ...former, metadata: { ...former.metadata } };
    const { call, ...others } = told;
    const entry = makeStoryFiles({
      ...others,
      ...(version1 ? {} : { call }),
      premise,
      settings: { ...RUN_SETTINGS, ...facts },
      costUsd: this.#cost(told.usage, told.batch),
      opening: call,
      characters: characters + Math.floor(this.#random() * 1400),
      sequence: this.day.stories.size + 1,
      occasion: { runId: this.day.runId, now: this.#at, ...(why === undefined ? {} : { setAside: why }) },
    });
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

  #cost(usage: Usage | null, batch?: string): number | null {
    return usage === null ? null : costOf(usage, this.#options.price, batch !== undefined);
  }

  #paid(number: number, usage: Usage | null, batch?: string) {
    const named = this.#options.version1 ? {} : { attempt: number };
    return { at: this.#at, ...named, usage, cost_usd: this.#cost(usage, batch) };
  }

  /** A random value around another, with a longer tail upwards. */
  #spread(around: number): number {
    return Math.round(around * (0.7 + this.#random() * 0.5 + this.#random() ** 6));
  }
}
