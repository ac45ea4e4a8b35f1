import type { AxisCards } from '../../prompt/cards.js';
import type { Caps } from '../../run/budget.js';
import { spent } from '../../run/budget.js';
import type { ReadLedger } from '../../run/ledger.js';
import type { Statistics } from '../../run/statistics.js';
import type { SetAsideReason } from '../../store/story-metadata.js';
import type { FailedCallKind } from '../labels.js';
import type { RunOnDisk } from '../load.js';
import type { PremiseCard, StoryDetails } from '../story-details.js';
import { chooseHighlights, type Highlight } from './highlights.js';
import { type Distribution, distributionOf } from './quantiles.js';
import { type RunOutcome, runOutcomeOf, settledState } from './run-outcome.js';
import { type SpendingPoint, spendingOf } from './spending.js';
import { buildTimeline, type StoryEntry, type Timeline } from './timeline.js';

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

/** A story of the run: what the ledger says, and what stands in its metadata. */
export interface StoryRow extends StoryEntry {
  /** null: its file is not in the folder any more. */
  details: StoryDetails | null;
}

/** Calls that gave no story for one and the same reason. */
export interface FailedCallGroup {
  kind: FailedCallKind;
  code: string;
  times: number[];
  /** Known to have been used by them. */
  tokens: number;
}

export interface SetAsideRow extends Pick<SetAsideReason, 'code' | 'reason'> {
  name: string;
  /** When it was set aside. */
  at: number;
  details: StoryDetails;
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
export interface SimilarPair {
  name: string;
  other: string;
  score: number;
}

/** Everything that a report says, in the order of time where it has one. Times in milliseconds since the epoch. */
export interface Report {
  runId: string;
  runName: string;
  madeAt: number;
  outcome: RunOutcome;
  from: number;
  to: number;
  statistics: Statistics;
  resumes: number;
  /** What counts towards the caps: calls whose usage is not known at the most that they can have used. */
  spent: { tokens: number; costUsd: number };
  context: ReportContext;
  /** Who wrote: the models, and whether the built-in author was among them. */
  models: string[];
  isOffline: boolean;
  timeline: Timeline;
  spending: SpendingPoint[];
  stories: StoryRow[];
  /** Milliseconds. */
  generation: Distribution | null;
  failedCallGroups: FailedCallGroup[];
  /** Likeness of every story to the nearest before it, from 0 to 1. */
  similarity: Distribution | null;
  mostSimilar: SimilarPair | null;
  axes: AxisUse[];
  /** The Korean names of the axes. */
  axisLabels: ReadonlyMap<string, string>;
  highlights: Highlight[];
  /** Still waiting, oldest first. */
  setAside: SetAsideRow[];
  /** Set aside once, and taken in by hand. */
  accepted: number;
  othersSetAside: number;
  /** Titles by name, for the stories that are named. */
  titles: ReadonlyMap<string, string>;
  unreadableLines: number;
  unreadableLedgers: string[];
}

/** Puts a report together. Pure. */
export function toReport(disk: RunOnDisk, context: ReportContext): Report {
  const { ledger, isAlive, stories: details } = disk;
  const { begin, records } = ledger;
  const state = settledState(records, isAlive);
  const timeline = buildTimeline(records, isAlive ? context.now : null);
  const from = begin.at;
  const to = Math.max(from, isAlive ? context.now : state.lastAt);
  const stories = [
    ...storiesOfMissingHistory(disk, timeline),
    ...timeline.stories.map((story) => ({ ...story, details: details.get(story.name) ?? null })),
  ];
  const setAsideCalls = timeline.failedCalls.filter(({ name }) => name !== null);
  const allDetails = stories.flatMap((story) => story.details ?? []);
  const { nearest } = state.statistics;
  return {
    runId: begin.run_id,
    runName: begin.run_name,
    madeAt: context.now,
    outcome: runOutcomeOf(timeline.processes, state.over, isAlive),
    from,
    to,
    statistics: state.statistics,
    resumes: state.resumes,
    spent: spent(state),
    context,
    models: [...new Set(allDetails.flatMap(({ model }) => model ?? []))],
    isOffline: allDetails.some(({ provider }) => provider === 'offline'),
    timeline,
    spending: spendingOf(records, from, to),
    stories,
    generation: distributionOf(stories.map(({ generationMs }) => generationMs)),
    failedCallGroups: groupFailedCalls(timeline),
    similarity: distributionOf(stories.flatMap((story) => story.nearest?.score ?? [])),
    mostSimilar:
      nearest === null ? null : { name: nearest.name, other: nearest.nearest.name, score: nearest.nearest.score },
    axes: countCards(stories, context.axes),
    axisLabels: new Map(context.axes?.map(({ axis, label }) => [axis, label])),
    highlights: chooseHighlights(stories),
    setAside: setAsideCalls.flatMap(({ name, at }) => {
      const found = disk.setAside.get(name ?? '');
      if (found === undefined) return [];
      const { code, reason } = found.reason;
      return [{ name: name ?? '', at, details: found.details, code, reason }];
    }),
    accepted: setAsideCalls.filter(({ name }) => details.get(name ?? '')?.accepted).length,
    othersSetAside: disk.othersSetAside,
    titles: new Map([...details].map(([name, { title }]) => [name, title])),
    unreadableLines: ledger.unreadable,
    unreadableLedgers: disk.unreadableLedgers,
  };
}

/** Stories from before the ledger was lost: their metadata is all that is known of them. */
function storiesOfMissingHistory(
  { ledger, stories: details }: RunOnDisk,
  { historyLostUntil, stories }: Timeline,
): StoryRow[] {
  if (historyLostUntil === null) return [];
  const known = new Set([...stories.map(({ name }) => name), ...namesInLedger(ledger)]);
  const lost = [...details].filter(
    ([name, { runId, accepted }]) => runId === ledger.begin.run_id && !accepted && !known.has(name),
  );
  return lost
    .map(([name, each]) => ({ name, details: each, at: each.writtenAt ?? ledger.begin.at }))
    .sort((a, b) => a.at - b.at)
    .map(({ name, details: each, at }, index) => ({
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
      details: each,
    }));
}

/** The texts that a ledger names and that are no stories of it. */
function namesInLedger({ records }: ReadLedger): string[] {
  return records.flatMap((record) => (record.type === 'outcome' && 'name' in record ? (record.name ?? []) : []));
}

/** The most frequent first. */
function groupFailedCalls({ failedCalls }: Timeline): FailedCallGroup[] {
  const groups = new Map<string, FailedCallGroup>();
  for (const { kind, code, at, usage } of failedCalls) {
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
  for (const { premise, details } of stories) {
    for (const { axis, id, text } of cardsOf(premise, details?.premise ?? [])) {
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
function cardsOf(ids: Record<string, string>, cards: readonly PremiseCard[]): readonly PremiseCard[] {
  return cards.length > 0 ? cards : Object.entries(ids).map(([axis, id]) => ({ axis, id, text: id }));
}
