import type { AxisCards } from '../../prompt/cards.js';
import type { Caps } from '../../run/budget.js';
import { spent } from '../../run/budget.js';
import type { ReadLedger } from '../../run/ledger.js';
import type { Statistics } from '../../run/statistics.js';
import type { RunOnDisk } from '../load.js';
import type { StoryFacts, ToldCard, Why } from '../metadata.js';
import { type FirstRead, pickStories } from './highlights.js';
import { type Distribution, distributionOf } from './quantiles.js';
import { type Standing, settledState, standingOf } from './run-outcome.js';
import { type GrowthPoint, growthOf } from './spending.js';
import { type Chronicle, chronicle, type StoryRow, type Trouble } from './timeline.js';

/** What the settings of today add to what the run left. */
export interface ReportContext {
  /** Milliseconds since the epoch. */
  now: number;
  caps: Caps;
  /** The likeness above which stories are set aside, from 0 to 1; null: none is. */
  maxLikeness: number | null;
  /** The cards that there are; null where they cannot be read. */
  axes: readonly AxisCards[] | null;
}

/** Calls that gave no story for one and the same reason. */
export interface TroubleGroup {
  kind: Trouble;
  code: string;
  times: number[];
  /** Known to have been used by them. */
  tokens: number;
}

export interface SetAsideRow extends Why {
  name: string;
  /** When it was set aside. */
  at: number;
  facts: StoryFacts;
}

/** How many cards of an axis the stories have used. */
export interface AxisUse {
  axis: string;
  label: string;
  /** All that there are; null where that is not known. */
  total: number | null;
  /** Each card used, the most used first. */
  cards: { text: string; times: number }[];
}

/** Two stories of the folder, and how alike they are, from 0 to 1. */
export interface Pair {
  name: string;
  other: string;
  score: number;
}

/** Everything that a report says, in the order of time where it has one. Times in milliseconds since the epoch. */
export interface Report {
  runId: string;
  runName: string;
  madeAt: number;
  standing: Standing;
  from: number;
  to: number;
  statistics: Statistics;
  resumes: number;
  /** What counts towards the caps: calls whose usage is not known at the most that they can have used. */
  spent: { tokens: number; costUsd: number };
  context: ReportContext;
  /** Who wrote: the models, and whether the built-in author was among them. */
  models: string[];
  offline: boolean;
  chronicle: Chronicle;
  growth: GrowthPoint[];
  stories: StoryRow[];
  /** Milliseconds. */
  generation: Distribution | null;
  troubles: TroubleGroup[];
  /** Likeness of every story to the nearest before it, from 0 to 1. */
  likeness: Distribution | null;
  mostAlike: Pair | null;
  axes: AxisUse[];
  /** The Korean names of the axes. */
  axisLabels: ReadonlyMap<string, string>;
  picks: FirstRead[];
  /** Still waiting, oldest first. */
  setAside: SetAsideRow[];
  /** Set aside once, and taken in by hand. */
  accepted: number;
  othersSetAside: number;
  /** Titles by name, for the stories that are named. */
  titles: ReadonlyMap<string, string>;
  unreadable: number;
  skipped: string[];
}

/** Puts a report together. Pure. */
export function toReport(disk: RunOnDisk, context: ReportContext): Report {
  const { ledger, alive, stories: facts } = disk;
  const { begin, records, unreadable } = ledger;
  const state = settledState(records, alive);
  const told = chronicle(records, alive ? context.now : null);
  const from = begin.at;
  const to = Math.max(from, alive ? context.now : state.lastAt);
  const stories = [
    ...untold(disk, told),
    ...told.stories.map((story) => ({ ...story, facts: facts.get(story.name) ?? null })),
  ];
  const incidents = told.incidents.filter(({ name }) => name !== null);
  const known = stories.flatMap((story) => story.facts ?? []);
  const { nearest } = state.statistics;
  return {
    runId: begin.run_id,
    runName: begin.run_name,
    madeAt: context.now,
    standing: standingOf(told.lives, state.over, alive),
    from,
    to,
    statistics: state.statistics,
    resumes: state.resumes,
    spent: spent(state),
    context,
    models: [...new Set(known.flatMap(({ model }) => model ?? []))],
    offline: known.some(({ provider }) => provider === 'offline'),
    chronicle: told,
    growth: growthOf(records, from, to),
    stories,
    generation: distributionOf(stories.map(({ generationMs }) => generationMs)),
    troubles: groupTroubles(told),
    likeness: distributionOf(stories.flatMap((story) => story.nearest?.score ?? [])),
    mostAlike:
      nearest === null ? null : { name: nearest.name, other: nearest.nearest.name, score: nearest.nearest.score },
    axes: countCards(stories, context.axes),
    axisLabels: new Map(context.axes?.map(({ axis, label }) => [axis, label])),
    picks: pickStories(stories),
    setAside: incidents.flatMap(({ name, at }) => {
      const found = disk.setAside.get(name ?? '');
      return found === undefined ? [] : [{ name: name ?? '', at, facts: found.facts, ...found.why }];
    }),
    accepted: incidents.filter(({ name }) => facts.get(name ?? '')?.accepted).length,
    othersSetAside: disk.othersSetAside,
    titles: new Map([...facts].map(([name, { title }]) => [name, title])),
    unreadable,
    skipped: disk.skipped,
  };
}

/** Stories from before the ledger was lost: their metadata is all that is known of them. */
function untold({ ledger, stories: facts }: RunOnDisk, { lostUntil, stories }: Chronicle): StoryRow[] {
  if (lostUntil === null) return [];
  const told = new Set([...stories.map(({ name }) => name), ...namesIn(ledger)]);
  const ours = [...facts].filter(
    ([name, { runId, accepted }]) => runId === ledger.begin.run_id && !accepted && !told.has(name),
  );
  return ours
    .map(([name, each]) => ({ name, facts: each, at: each.writtenAt ?? ledger.begin.at }))
    .sort((a, b) => a.at - b.at)
    .map(({ name, facts: each, at }, index) => ({
      number: index + 1,
      name,
      from: at - (each.generationMs ?? 0),
      at,
      generationMs: each.generationMs ?? 0,
      calls: 1,
      usage: null,
      costUsd: each.costUsd,
      nearest: null,
      premise: Object.fromEntries(each.premise.map(({ axis, id }) => [axis, id])),
      facts: each,
    }));
}

/** The texts that a ledger names and that are no stories of it. */
function namesIn({ records }: ReadLedger): string[] {
  return records.flatMap((record) => (record.type === 'outcome' && 'name' in record ? (record.name ?? []) : []));
}

/** The most frequent first. */
function groupTroubles({ incidents }: Chronicle): TroubleGroup[] {
  const groups = new Map<string, TroubleGroup>();
  for (const { kind, code, at, usage } of incidents) {
    const key = `${kind} ${code}`;
    const group = groups.get(key) ?? { kind, code, times: [], tokens: 0 };
    group.times.push(at);
    group.tokens += usage?.total_tokens ?? 0;
    groups.set(key, group);
  }
  return [...groups.values()].sort((a, b) => b.times.length - a.times.length);
}

function countCards(stories: readonly StoryRow[], axes: readonly AxisCards[] | null): AxisUse[] {
  const uses = new Map<string, Map<string, { text: string; times: number }>>();
  for (const { premise, facts } of stories) {
    for (const { axis, id, text } of cardsOf(premise, facts?.premise ?? [])) {
      const cards = uses.get(axis) ?? new Map<string, { text: string; times: number }>();
      const times = (cards.get(id)?.times ?? 0) + 1;
      uses.set(axis, cards.set(id, { text, times }));
    }
  }
  const order = axes?.map(({ axis }) => axis as string) ?? [];
  const names = [
    ...order.filter((axis) => uses.has(axis)),
    ...[...uses.keys()].filter((axis) => !order.includes(axis)),
  ];
  return names.map((axis) => {
    const deck = axes?.find((each) => each.axis === axis);
    const texts = new Map(deck?.cards.map(({ id, text }) => [id, text]) ?? []);
    const cards = [...(uses.get(axis) ?? [])].map(([id, { text, times }]) => ({ text: texts.get(id) ?? text, times }));
    return {
      axis,
      label: deck?.label ?? axis,
      total: deck?.cards.length ?? null,
      cards: cards.sort((a, b) => b.times - a.times),
    };
  });
}

/** The metadata's cards, and where it is gone the ledger's, which are ids alone. */
function cardsOf(ids: Record<string, string>, told: readonly ToldCard[]): readonly ToldCard[] {
  return told.length > 0 ? told : Object.entries(ids).map(([axis, id]) => ({ axis, id, text: id }));
}
