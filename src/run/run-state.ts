import { addKnownUsage } from '../api/usage.js';
import type {
  AttemptRecord,
  BatchRecord,
  LedgerRecord,
  OpenCall,
  OpenPart,
  OutcomeRecord,
  RunState,
} from './ledger-records.js';
import {
  countAbandoned,
  countContinuation,
  countCutOff,
  countFailure,
  countLost,
  countPart,
  countStory,
  EMPTY_STATISTICS,
} from './statistics.js';

export type { RunState } from './ledger-records.js';

export const INITIAL_RUN_STATE: RunState = {
  statistics: EMPTY_STATISTICS,
  failuresInARow: 0,
  unknownAtMost: { tokens: 0, costUsd: 0 },
  open: [],
  parts: [],
  batches: [],
  owner: null,
  recovering: false,
  epoch: 0,
  resumes: 0,
  resumesWithoutStory: 0,
  over: false,
  lastAt: 0,
};

/** Ends after which a supervisor starts the worker again; `recovered` is not the end of a worker of the run. */
const BAD_ENDS: ReadonlySet<string> = new Set(['uncaught', 'exhausted', 'recovered']);

/** The state after one more record. Pure. */
export function applyRecord(state: RunState, record: LedgerRecord): RunState {
  return { ...apply(state, record), lastAt: Math.max(state.lastAt, record.at) };
}

function apply(state: RunState, record: LedgerRecord): RunState {
  switch (record.type) {
    case 'begin':
      return { ...state, owner: record.owner, epoch: 1 };
    case 'claim': {
      if (record.epoch !== state.epoch + 1) return state;
      const resumes = state.resumes + (record.purpose === 'resume' ? 1 : 0);
      const recovering = record.purpose === 'recover';
      const resumesWithoutStory = state.resumesWithoutStory + (record.purpose === 'resume' ? 1 : 0);
      return { ...state, owner: record.owner, recovering, epoch: record.epoch, resumes, resumesWithoutStory };
    }
    case 'attempt': {
      // A call or a part of an earlier process will not be heard of any more.
      const next = withoutStale(state);
      const goesOn = next.parts.some(({ name }) => name === record.continues);
      return {
        ...next,
        open: [...next.open, { ...record, epoch: state.epoch }],
        statistics: goesOn ? countContinuation(next.statistics) : next.statistics,
      };
    }
    case 'batch':
      return withBatch(state, record);
    case 'pause':
      return state;
    case 'outcome':
      return withOutcome(state, record);
    case 'end':
      return {
        ...withoutAll(state),
        owner: null,
        recovering: false,
        over: record.over,
        resumesWithoutStory: BAD_ENDS.has(record.reason) ? state.resumesWithoutStory : 0,
      };
    case 'snapshot':
      return fromSnapshot(record.state);
  }
}

function withBatch(state: RunState, record: BatchRecord): RunState {
  const { key, at } = record;
  const others = state.batches.filter((batch) => batch.key !== key);
  switch (record.phase) {
    case 'intent':
      return { ...state, batches: [...others, { key, id: null, at, epoch: state.epoch }] };
    case 'created':
      return {
        ...state,
        batches: state.batches.map((batch) => (batch.key === key ? { ...batch, id: record.id } : batch)),
      };
    case 'closed': {
      // Calls without a result: how they ended is not known.
      const left = state.open.filter(({ batch }) => batch === key);
      return left.reduce(withoutCall, { ...state, batches: others });
    }
  }
}

/** Drops the calls and parts of earlier processes: a kill cut them off. A batch goes on without its process. */
function withoutStale(state: RunState): RunState {
  const isStale = ({ epoch }: { epoch: number }) => epoch !== state.epoch;
  const calls = state.open.filter((call) => isStale(call) && call.batch === undefined).reduce(withoutCall, state);
  return state.parts.filter(isStale).reduce(withoutPart, calls);
}

function withoutAll(state: RunState): RunState {
  const calls = state.open.filter(({ batch }) => batch === undefined).reduce(withoutCall, state);
  return state.parts.reduce(withoutPart, calls);
}

/** The state after a call that a kill cut off: it may have been paid for. */
function withoutCall(state: RunState, call: OpenCall): RunState {
  const next = withUnknown(state, call);
  return { ...next, open: next.open.filter((each) => each !== call), statistics: countLost(next.statistics) };
}

/** The state after a part whose rest will not come any more: it is set aside. */
function withoutPart(state: RunState, part: OpenPart): RunState {
  return {
    ...state,
    parts: state.parts.filter((each) => each !== part),
    statistics: countCutOff(state.statistics, part.code),
  };
}

function withOutcome(state: RunState, record: OutcomeRecord): RunState {
  const call = callOf(state, record);
  const known = call !== null && record.usage === null ? withUnknown(state, call) : state;
  const closed = { ...known, open: known.open.filter((each) => each !== call) };
  const completed = closed.parts.find(({ name }) => name === record.completes) ?? null;
  // The rest of a part came to nothing: it is set aside.
  const givenUp = closed.parts.find((part) => part !== completed && part.name === call?.continues);
  const base = givenUp === undefined ? closed : withoutPart(closed, givenUp);
  const next = { ...base, parts: base.parts.filter((each) => each !== completed) };
  const { statistics } = next;
  const tally = { usage: record.usage, costUsd: record.cost_usd };
  // Of the text, all its calls together.
  const usage = completed === null ? record.usage : addKnownUsage(completed.usage, record.usage);
  switch (record.kind) {
    case 'story': {
      const { name, generation_ms: generationMs, nearest = null } = record;
      const story = { ...tally, storyUsage: usage, generationMs, nearest: nearest === null ? null : { name, nearest } };
      return { ...next, failuresInARow: 0, resumesWithoutStory: 0, statistics: countStory(statistics, story) };
    }
    case 'part': {
      const part = { name: record.name, code: record.code, usage, epoch: state.epoch };
      return { ...next, parts: [...next.parts, part], statistics: countPart(statistics, tally) };
    }
    case 'failure': {
      const { failure: kind, code, name } = record;
      return {
        ...next,
        failuresInARow: state.failuresInARow + 1,
        statistics: countFailure(statistics, { ...tally, kind, code, setAside: name !== null }),
      };
    }
    case 'abandoned':
      return { ...next, statistics: countAbandoned(statistics, tally) };
  }
}

/** The call that an outcome is of; null when its record is missing. */
function callOf({ open }: RunState, { attempt }: OutcomeRecord): OpenCall | null {
  // Version 1 had one call open at most.
  const call = attempt === undefined ? open.at(-1) : open.find(({ number }) => number === attempt);
  return call ?? null;
}

/** The state as another version may have written it: one call and one part, and counters that it did not know. */
function fromSnapshot(saved: RunState): RunState {
  const { open, part, parts, ...rest } = saved as Omit<RunState, 'open'> & {
    open: readonly OpenCall[] | AttemptRecord | null;
    part?: Omit<OpenPart, 'epoch'> | null;
  };
  const { epoch } = rest;
  return {
    ...INITIAL_RUN_STATE,
    ...rest,
    statistics: { ...EMPTY_STATISTICS, ...rest.statistics },
    open: Array.isArray(open) ? open : open === null ? [] : [{ ...(open as AttemptRecord), epoch }],
    parts: parts ?? (part == null ? [] : [{ ...part, epoch }]),
  };
}

function withUnknown(state: RunState, { at_most }: AttemptRecord): RunState {
  const { tokens, costUsd } = state.unknownAtMost;
  return {
    ...state,
    unknownAtMost: { tokens: tokens + at_most.tokens, costUsd: costUsd + (at_most.cost_usd ?? 0) },
  };
}
