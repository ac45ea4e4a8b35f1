import { addKnownUsage } from '../api/usage.js';
import type { AttemptRecord, LedgerRecord, OutcomeRecord, RunState } from './ledger-records.js';
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
  open: null,
  part: null,
  owner: null,
  recovering: false,
  epoch: 0,
  resumes: 0,
  over: false,
  lastAt: 0,
};

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
      return { ...state, owner: record.owner, recovering, epoch: record.epoch, resumes };
    }
    case 'attempt': {
      const goesOn = record.continues !== undefined && record.continues === state.part?.name;
      const next = withoutOpen(goesOn ? state : withoutPart(state));
      return { ...next, open: record, statistics: goesOn ? countContinuation(next.statistics) : next.statistics };
    }
    case 'outcome':
      return withOutcome(state, record);
    case 'end':
      return { ...withoutPart(withoutOpen(state)), owner: null, recovering: false, over: record.over };
    case 'snapshot':
      // Counters that a former version did not know begin at nothing.
      return { ...INITIAL_RUN_STATE, ...record.state, statistics: { ...EMPTY_STATISTICS, ...record.state.statistics } };
  }
}

/** A call that another record follows without its outcome was cut off by a kill: it may have been paid for. */
function withoutOpen(state: RunState): RunState {
  if (state.open === null) return state;
  return { ...withUnknown(state, state.open), statistics: countLost(state.statistics), open: null };
}

/** A part whose rest will not come any more: it is set aside. */
function withoutPart(state: RunState): RunState {
  if (state.part === null) return state;
  return { ...state, part: null, statistics: countCutOff(state.statistics, state.part.code) };
}

function withOutcome(state: RunState, record: OutcomeRecord): RunState {
  const { open } = state;
  const isTakenIn = record.completes !== undefined && record.completes === state.part?.name;
  const before = isTakenIn ? state.part : null;
  const base = isTakenIn ? { ...state, part: null } : withoutPart(state);
  const next = { ...(record.usage === null && open !== null ? withUnknown(base, open) : base), open: null };
  const { statistics } = next;
  const tally = { usage: record.usage, costUsd: record.cost_usd };
  // Of the text, all its calls together.
  const usage = before === null ? record.usage : addKnownUsage(before.usage, record.usage);
  switch (record.kind) {
    case 'story': {
      const { name, generation_ms: generationMs, nearest = null } = record;
      const story = { ...tally, storyUsage: usage, generationMs, nearest: nearest === null ? null : { name, nearest } };
      return { ...next, failuresInARow: 0, statistics: countStory(statistics, story) };
    }
    case 'part':
      return {
        ...next,
        part: { name: record.name, code: record.code, usage },
        statistics: countPart(statistics, tally),
      };
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

function withUnknown(state: RunState, { at_most }: AttemptRecord): RunState {
  const { tokens, costUsd } = state.unknownAtMost;
  return {
    ...state,
    unknownAtMost: { tokens: tokens + at_most.tokens, costUsd: costUsd + (at_most.cost_usd ?? 0) },
  };
}
