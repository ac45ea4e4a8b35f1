import { mkdtempSync, rmSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type { Clock } from '../../lib/clock.js';
import { seededRandom } from '../../lib/random.js';
import type { LogFields, Logger } from '../../logging/logger.js';
import { AXES, type Axis, type AxisCards, type Premise } from '../../prompt/cards.js';
import type { LedgerRecord } from '../../run/ledger.js';
import type { Run } from '../../run/run.js';
import { applyRecord, INITIAL_RUN_STATE, type RunState } from '../../run/run-state.js';
import type { RunSettings, StoryFiles } from '../../store/story-metadata.js';
import { pick } from './stories/sample-stories.js';

export { seededRandom };

/** The settings of a run, as its stories' metadata have them. */
export const RUN_SETTINGS: RunSettings = {
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

/** A folder that is gone after the test. */
export function temporaryFolder(t: TestContext): string {
  const folder = mkdtempSync(join(tmpdir(), 'horror-'));
  t.after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/**
 * A clock whose time passes only by sleeping, and then at once. `at` plans what happens on the way: a sleep across
 * that moment stops there, lets it happen, and goes on unless it was woken.
 */
export class FakeClock implements Clock {
  #now: number;
  #wallAhead = 0;
  #plans: { time: number; act: () => void }[] = [];
  constructor(start = Date.UTC(2026, 10, 23, 5)) {
    this.#now = start;
  }
  now = (): number => this.#now + this.#wallAhead;
  monotonic = (): number => this.#now;
  /** Sets the wall clock forward (or back) by `ms`; sleepers do not notice. */
  adjust(ms: number): void {
    this.#wallAhead += ms;
  }
  at(time: number, act: () => void): void {
    this.#plans.push({ time, act });
    this.#plans.sort((a, b) => a.time - b.time);
  }
  sleep = async (ms: number, signal: AbortSignal): Promise<boolean> => {
    const end = this.#now + ms;
    while (!signal.aborted) {
      const next = this.#plans[0];
      if (next === undefined || next.time > end) {
        this.#now = end;
        return true;
      }
      this.#plans.shift();
      this.#now = Math.max(this.#now, next.time);
      next.act();
    }
    return false;
  };
}

/**
 * A clock for several sleepers at a time: time moves on to the next of them once everything else stands still. It is for
 * code that waits for nothing but this clock.
 */
export class VirtualClock implements Clock {
  #now: number;
  #sleepers: { time: number; wake: () => void }[] = [];
  constructor(start = Date.UTC(2026, 10, 23, 5)) {
    this.#now = start;
  }
  now = (): number => this.#now;
  monotonic = (): number => this.#now;
  at(time: number, act: () => void): void {
    this.#sleepers.push({ time, wake: act });
  }
  sleep = (ms: number, signal: AbortSignal): Promise<boolean> =>
    new Promise((resolve) => {
      if (signal.aborted) return resolve(false);
      const finish = (whole: boolean) => {
        signal.removeEventListener('abort', cut);
        this.#sleepers = this.#sleepers.filter((each) => each !== sleeper);
        resolve(whole);
      };
      const cut = () => finish(false);
      const sleeper = { time: this.#now + ms, wake: () => finish(true) };
      signal.addEventListener('abort', cut, { once: true });
      this.#sleepers.push(sleeper);
    });
  /** Lets time pass until this has settled. */
  async run<T>(promise: Promise<T>): Promise<T> {
    let isOver = false;
    const over = () => {
      isOver = true;
    };
    promise.then(over, over);
    for (;;) {
      await new Promise((resolve) => setImmediate(resolve));
      if (isOver) return promise;
      const [next] = this.#sleepers.sort((a, b) => a.time - b.time);
      if (next === undefined) throw new Error('all stands still, and no sleeper is left');
      this.#sleepers = this.#sleepers.filter((each) => each !== next);
      this.#now = Math.max(this.#now, next.time);
      next.wake();
    }
  }
}

export interface LoggedRecord {
  level: 'debug' | 'info' | 'warn' | 'error' | 'always';
  fields: LogFields;
  message: string;
}

/** A log that keeps its records. */
export function recordingLog(): Logger & { records: LoggedRecord[]; events(): string[] } {
  const records: LoggedRecord[] = [];
  const keep = (level: LoggedRecord['level']) => (fields: LogFields, message: string) => {
    records.push({ level, fields, message });
  };
  return {
    records,
    events: () => records.map(({ fields }) => fields.event),
    debug: keep('debug'),
    info: keep('info'),
    warn: keep('warn'),
    error: keep('error'),
    summary: keep('always'),
    close: () => {},
  };
}

export interface MemoryRunOptions {
  id?: string;
  startedAt?: number;
  state?: Partial<RunState>;
  /** Asked before every record: an error is what the disk says to it. */
  refuse?: (record: LedgerRecord) => Error | null;
}

/** A run whose ledger is a list. */
export function memoryRun({
  id = 'run_1',
  startedAt = 0,
  state: initial = {},
  refuse = () => null,
}: MemoryRunOptions = {}): Run & { records: LedgerRecord[] } {
  const records: LedgerRecord[] = [];
  let state: RunState = { ...INITIAL_RUN_STATE, ...initial };
  return {
    id,
    startedAt,
    records,
    state: () => state,
    record: async (record) => {
      const refused = refuse(record);
      if (refused !== null) throw refused;
      records.push(record);
      state = applyRecord(state, record);
    },
    recordInMemory: (record) => {
      state = applyRecord(state, record);
    },
    recordAll: async (all) => {
      for (const record of all) {
        const refused = refuse(record);
        if (refused !== null) throw refused;
      }
      records.push(...all);
      state = all.reduce(applyRecord, state);
    },
    outcome: async () => {},
  };
}

/** What a full disk says. */
export function diskFull(): Error {
  return Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' });
}

export const PREMISE: Premise = {
  person: { id: 'apology-writer', text: '남의 사과문을 대신 써 주던 사람' },
  place: { id: 'parcel-returns', text: '물류센터의 반품 구역' },
  time: { id: 'monsoon', text: '장마 사흘째의 새벽' },
  fear: { id: 'memory', text: '내 기억을 믿을 수 없다는 두려움' },
  presence: { id: 'colleague', text: '먼저 와 있던 또 다른 근무자' },
  device: { id: 'recorder', text: '잘못 배달된 녹음기' },
  turn: { id: 'caller', text: '구조 요청을 보낸 사람이 나였다' },
  structure: { id: 'one-hour', text: '끊기지 않는 한 시간' },
  form: { id: 'statement', text: '같은 질문에 세 번째로 대답하는 진술' },
};

const LABELS: Record<Axis, string> = {
  person: '인물',
  place: '장소',
  time: '시간',
  fear: '두려움',
  presence: '존재',
  device: '장치',
  turn: '반전',
  structure: '구조',
  form: '서술 형식',
};

/** Axes with two cards each; the first is that of PREMISE. */
export const AXIS_CARDS: AxisCards[] = AXES.map((axis) => ({
  axis,
  label: LABELS[axis],
  cards: [PREMISE[axis], { id: `other-${axis}`, text: `다른 ${LABELS[axis]}` }],
}));

/** A Korean text of at least `characters` code points that reads like a story: title, paragraphs, an end. */
export function storyText({ title = '반품 구역', characters = 1500 } = {}): string {
  const random = seededRandom(1);
  const draw = (words: string) => pick(words.split(' '), random);
  const paragraphs: string[] = [];
  for (let length = 0, n = 1; length < characters; n++) {
    const paragraph = SENTENCES[(n - 1) % SENTENCES.length]?.(n, draw) ?? '';
    paragraphs.push(paragraph);
    length += paragraph.length;
  }
  return `# ${title}\n\n${paragraphs.join('\n\n')}`;
}

const THINGS = '상자 자루 궤짝 서랍 항아리 가방 새장 바구니 트렁크 보온병';
const PLACES = '선반 통로 계단 복도 승강기 옥상 보일러실 하역장 사무실 화장실';
const PEOPLE = '반장 경비 기사 소장 아이 노인 간호사 배달원 이웃 누나';
const MARKS = '송장 명찰 장부 거울 달력 열쇠고리 신문 영수증 사진 우표';
const DEEDS = '웃었다 멈추었다 돌아보았다 속삭였다 기침했다 엎드렸다 사라졌다 손짓했다 노려보았다 흐느꼈다';

/** Taken in turn, with other words each time: no paragraph tells nearly the same as one before it. */
const SENTENCES: readonly ((n: number, draw: (words: string) => string) => string)[] = [
  (n, draw) =>
    `${n}번 ${draw(PLACES)} 앞에서 나는 ${draw(THINGS)}를 내려놓았다. ${draw(MARKS)}에는 ${n * 7}이라고 적혀 있었고, ${draw(PEOPLE)}이 ${draw(DEEDS)}.`,
  (n, draw) =>
    `${draw(PLACES)}의 등이 ${n}초마다 꺼졌다. 어두운 동안 ${draw(PEOPLE)}이 ${n * 3}까지 세더니 ${draw(PLACES)} 쪽에서 ${draw(DEEDS)}.`,
  (n, draw) =>
    `${draw(THINGS)}의 무게는 ${n * 2}킬로그램이었다. 손을 떼자 ${draw(MARKS)}가 ${n}칸 올라갔고 ${draw(PEOPLE)}은 ${draw(PEOPLE)} 뒤에서 ${draw(DEEDS)}.`,
  (n, draw) =>
    `분필로 쓴 ${n + 40}이라는 숫자가 ${draw(PLACES)} 벽에서 지워졌다. 젖은 ${draw(MARKS)}만 ${n + 1}장 남았는데, 그것을 밟고 ${draw(PEOPLE)}이 ${draw(DEEDS)}.`,
  (n, draw) =>
    `${draw(MARKS)}를 ${n}쪽까지 넘기자 ${draw(THINGS)}에서 누가 ${draw(DEEDS)}. 내가 태어난 ${draw(PLACES)}의 이름이 ${n * 5}번이나 찍혀 있었다.`,
];

/** Replaces a function of one of Node's modules, for those too that have imported it by its name, until it is mended. */
export function replaceInNode(
  t: TestContext,
  module: object,
  name: string,
  act: (...args: never[]) => unknown,
): { mend(): void } {
  const replaced = t.mock.method(module as Record<string, (...args: never[]) => unknown>, name, act);
  const mend = () => {
    replaced.mock.restore();
    syncBuiltinESMExports();
  };
  syncBuiltinESMExports();
  t.after(mend);
  return { mend };
}

/** Metadata of a made-up story, with whatever a test wants to be otherwise. */
export function storyMetadata(fields: Partial<StoryFiles['metadata']> = {}): StoryFiles['metadata'] {
  return {
    generated_at: '2026-11-23T14:00:00+09:00',
    model: 'claude-test',
    template_used: null,
    custom_request: null,
    config: {
      model: 'claude-test',
      max_tokens: 16_000,
      temperature: null,
      min_story_characters: 1000,
      max_continuations: 2,
      max_likeness: null,
    },
    word_count: 1200,
    usage: null,
    title: '검은 방',
    tags: ['호러'],
    description: '문이 열려 있었다.',
    opening: '문이 열려 있었다.',
    run_id: 'run_1',
    sequence: 1,
    premise: {},
    stop_reason: 'end_turn',
    attempts: 1,
    duration_ms: 0,
    request_id: null,
    provider: 'anthropic',
    cost_usd: null,
    nearest: null,
    likeness: null,
    ...fields,
  };
}
