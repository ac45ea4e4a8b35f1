import type { AxisCards } from '../../prompt/cards.js';
import type { Caps } from '../../run/budget.js';
import { spent } from '../../run/budget.js';
import { namedOutcomes } from '../../run/ledger.js';
import type { Statistics } from '../../run/statistics.js';
import type { SetAsideReason } from '../../store/story-metadata.js';
import type { RunOnDisk } from '../load.js';
import type { PremiseCard, StoryDetails } from '../story-details.js';
import { chooseHighlights, type Highlight } from './highlights.js';
import { type Distribution, distributionOf } from './quantiles.js';
import { type RunOutcome, runOutcomeOf, settledState } from './run-outcome.js';
import { type SpendingPoint, spendingOf } from './spending.js';
import type { FailedCallKind, StoryRow, Timeline } from './timeline.js';
import { buildTimeline } from './timeline-builder.js';

/** The input of a report besides the run itself: settings of today. */
export interface ReportContext {
  /** Milliseconds since the epoch. */
  now: number;
  caps: Caps;
  /** The similarity above which stories are set aside, from 0 to 1; null: none is. */
  maxLikeness: number | null;
  /** All cards; null when they cannot be read. */
  axes: readonly AxisCards[] | null;
}

/** The failed calls of one kind and code. */
export interface FailedCallGroup {
  kind: FailedCallKind;
  code: string;
  times: number[];
  /** Sum of their known usage. */
  tokens: number;
}

/** A text of the run that is set aside. */
export interface SetAsideRow extends Pick<SetAsideReason, 'code' | 'reason'> {
  name: string;
  /** When it was recorded, milliseconds since the epoch. */
  at: number;
  details: StoryDetails;
}

/** The texts set aside for one reason. */
export interface SetAsideGroup {
  code: string;
  /** In the order of time. */
  rows: SetAsideRow[];
}

/** The texts of one model. */
export interface ModelUse {
  model: string;
  stories: number;
  setAside: number;
  /** Known usage of its stories and of its texts set aside. */
  tokens: number;
  /** The same in US dollars; null while no price is known. */
  costUsd: number | null;
}

/** The cards of an axis that the stories have used. */
export interface AxisUse {
  axis: string;
  label: string;
  /** The number of all its cards; null when it is not known. */
  total: number | null;
  /** The used cards, most used first. */
  cards: { text: string; times: number }[];
}

/** Two stories of the folder, by name, and their similarity, from 0 to 1. */
export interface SimilarPair {
  name: string;
  other: string;
  score: number;
}

/** The content of a report. Lists are in the order of time; times are milliseconds since the epoch. */
export interface Report {
  runId: string;
  runName: string;
  madeAt: number;
  outcome: RunOutcome;
  from: number;
  to: number;
  statistics: Statistics;
  resumes: number;
  /** Counts towards the caps: a call of unknown usage counts with the most that it can have used. */
  spent: { tokens: number; costUsd: number };
  /** The part of it in tokens that is of calls whose outcome is known, and whose usage is not. */
  unknownAtMost: number;
  context: ReportContext;
  /** Most stories first. */
  models: ModelUse[];
  /** The built-in author wrote stories of the run. */
  isOffline: boolean;
  timeline: Timeline;
  spending: SpendingPoint[];
  stories: StoryRow[];
  /** Of the time that each story took, in milliseconds. */
  generation: Distribution | null;
  failedCallGroups: FailedCallGroup[];
  /** Of the similarity of each story to the most similar earlier one, from 0 to 1. */
  similarity: Distribution | null;
  mostSimilar: SimilarPair | null;
  axes: AxisUse[];
  /** Korean names of the axes. */
  axisLabels: ReadonlyMap<string, string>;
  highlights: Highlight[];
  /** Texts that are set aside now, oldest first. */
  setAside: SetAsideRow[];
  /** The same by reason, most frequent first. */
  setAsideGroups: SetAsideGroup[];
  /** The number of texts that were set aside and that a person accepted since. */
  accepted: number;
  othersSetAside: number;
  /** Titles by the name of the story. */
  titles: ReadonlyMap<string, string>;
  unreadableLines: number;
  unreadableLedgers: string[];
}

/** Makes the report of a run. Pure. */
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
  const setAside = setAsideCalls.flatMap(({ name, at }): SetAsideRow[] => {
    const found = disk.setAside.get(name ?? '');
    if (found === undefined) return [];
    const { code, reason } = found.reason;
    return [{ name: name ?? '', at, details: found.details, code, reason }];
  });
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
    unknownAtMost: state.unknownAtMost.tokens,
    context,
    models: modelsOf(
      allDetails,
      setAside.map(({ details: each }) => each),
    ),
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
    setAside,
    setAsideGroups: groupSetAside(setAside),
    accepted: setAsideCalls.filter(({ name }) => details.get(name ?? '')?.accepted).length,
    othersSetAside: disk.othersSetAside,
    titles: new Map([...details].map(([name, { title }]) => [name, title])),
    unreadableLines: ledger.unreadable,
    unreadableLedgers: disk.unreadableLedgers,
  };
}

/** The stories that a lost ledger had: they are known from their metadata alone. */
function storiesOfMissingHistory({ ledger, stories: details }: RunOnDisk, { historyLostUntil }: Timeline): StoryRow[] {
  if (historyLostUntil === null) return [];
  const known = namedOutcomes(ledger.records);
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
      batch: null,
      details: each,
    }));
}

/** Groups failed calls by kind and code, most frequent first. */
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

function groupSetAside(rows: readonly SetAsideRow[]): SetAsideGroup[] {
  const groups = new Map<string, SetAsideGroup>();
  for (const row of rows) {
    const group = groups.get(row.code) ?? { code: row.code, rows: [] };
    group.rows.push(row);
    groups.set(row.code, group);
  }
  return [...groups.values()].sort((a, b) => b.rows.length - a.rows.length);
}

/** Several models may write one run: another one stands in for the first, or a resumed run has new settings. */
function modelsOf(stories: readonly StoryDetails[], setAside: readonly StoryDetails[]): ModelUse[] {
  const uses = new Map<string, ModelUse>();
  const count = (what: 'stories' | 'setAside', { model, tokens, costUsd }: StoryDetails) => {
    if (model === null) return;
    const use = uses.get(model) ?? { model, stories: 0, setAside: 0, tokens: 0, costUsd: null };
    use[what] += 1;
    use.tokens += tokens ?? 0;
    if (costUsd !== null) use.costUsd = (use.costUsd ?? 0) + costUsd;
    uses.set(model, use);
  };
  for (const each of stories) count('stories', each);
  for (const each of setAside) count('setAside', each);
  return [...uses.values()].sort((a, b) => b.stories - a.stories);
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

/** The cards from the metadata, or where that is missing from the ledger, which has their ids alone. */
function cardsOf(ids: Record<string, string>, cards: readonly PremiseCard[]): readonly PremiseCard[] {
  return cards.length > 0 ? cards : Object.entries(ids).map(([axis, id]) => ({ axis, id, text: id }));
}
