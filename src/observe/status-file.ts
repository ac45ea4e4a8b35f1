import { join } from 'node:path';
import { checkFormat, FORMAT, readJson, replaceFile } from '../lib/files.js';
import { isProcessAlive } from '../lib/process-identity.js';
import { endLabel } from '../run/labels.js';
import { type LedgerRecord, ledgerPath, listRuns, type ReadLedger, readLedger } from '../run/ledger.js';
import { replay } from '../run/run.js';
import type { RunState } from '../run/run-state.js';
import { readMetadata } from '../store/story-metadata.js';
import { filesOf } from '../store/story-store.js';
import {
  countsOf,
  type LastFailure,
  type LastStory,
  type RunInfo,
  type Status,
  type StatusEnd,
  toCaps,
  toIso,
} from './status.js';

// The status file: what a worker reports of itself, beside its ledger, for readers while it works. The ledger is the record;
// this file adds what the ledger does not hold, and may be missing, out of date or foreign.

/** @param folder the story folder */
export function statusPath(folder: string, runId: string): string {
  return ledgerPath(folder, runId).replace(/\.jsonl$/, '.status.json');
}

/**
 * Replaces the status of a run, so that a reader finds the one or the other, whole. Not durable: it is out of date after
 * a crash in any case.
 * @throws the file system's error; also where the folder is gone, which is not for this file to make anew
 */
export function writeStatus(folder: string, status: Status): void {
  replaceFile(statusPath(folder, status.run_id), `${JSON.stringify(status, null, 2)}\n`);
}

interface FoundRun {
  ledger: ReadLedger;
  state: RunState;
}

/**
 * The runs of a folder that have a living worker, newest first; with none, the one that was active last. Changes
 * nothing.
 * @param runName only runs of that name; null: all
 * @returns nothing only when there is no such run at all
 */
export async function readStatuses(folder: string, runName: string | null = null): Promise<Status[]> {
  const living: FoundRun[] = [];
  let last: FoundRun | null = null;
  for (const runId of await listRuns(folder)) {
    const ledger = readLedger(ledgerPath(folder, runId));
    if (ledger === null || (runName !== null && ledger.begin.run_name !== runName)) continue;
    const found = { ledger, state: replay(ledger) };
    if (isLiving(found.state)) living.push(found);
    if (last === null || found.state.lastAt > last.state.lastAt) last = found;
  }
  const chosen = living.length === 0 && last !== null ? [last] : living;
  return chosen.map((found) => toStatus(folder, found));
}

/** Does a living worker write stories of the run? One that only recovers what a kill left behind does not. */
function isLiving({ owner, recovering }: RunState): boolean {
  return owner !== null && !recovering && isProcessAlive(owner);
}

/** @returns what is known of one run; null when it has no ledger */
export function readStatus(folder: string, runId: string): Status | null {
  const ledger = readLedger(ledgerPath(folder, runId));
  return ledger === null ? null : toStatus(folder, { ledger, state: replay(ledger) });
}

function toStatus(folder: string, { ledger, state }: FoundRun): Status {
  const { begin, records } = ledger;
  const living = isLiving(state);
  const file = readFileOf(folder, begin.run_id);
  // The words of an earlier process do not hold for the one that has the run now.
  const own = file?.epoch === state.epoch ? file : null;
  const told = living ? own : file;
  const given: RunInfo = {
    format: FORMAT,
    run_id: begin.run_id,
    run_name: begin.run_name,
    pid: living ? (state.owner?.pid ?? null) : null,
    started_at: toIso(begin.at),
    deadline: told?.deadline ?? null,
    max_stories: told?.max_stories ?? null,
    caps: told?.caps ?? toCaps({ tokens: null, costUsd: null }),
    ...(told?.call_timeout_seconds === undefined ? {} : { call_timeout_seconds: told.call_timeout_seconds }),
  };
  return {
    ...given,
    ...countsOf(state),
    ...(living
      ? { ...doingOf(own, state), end: null }
      : { doing: 'ended', since: toIso(state.lastAt), next_at: null, end: endOf(own, records, state) }),
    last_story: lastStory(folder, told, records),
    last_failure: lastFailure(told, records),
  };
}

type Doing = Pick<Status, 'doing' | 'in_hand' | 'detail' | 'since' | 'next_at'>;

/** The activity in the worker's own words, or by the ledger where that went on after the status file. */
function doingOf(own: Status | null, { lastAt, open, batches, epoch }: RunState): Doing {
  const isGoingOn = own?.doing === 'writing' || (own?.doing === 'batch' && batches.length > 0);
  if (own !== null && (isGoingOn || Date.parse(own.since) >= lastAt)) {
    const { doing, in_hand, detail, since, next_at } = own;
    return {
      doing,
      since,
      next_at,
      ...(in_hand === undefined ? {} : { in_hand }),
      ...(detail === undefined ? {} : { detail }),
    };
  }
  const inHand = open.filter((call) => call.batch === undefined && call.epoch === epoch).length;
  const doing = inHand > 0 ? 'writing' : batches.length > 0 ? 'batch' : 'unknown';
  return { doing, in_hand: inHand, since: toIso(lastAt), next_at: null };
}

/** The worker's own words where it could still say them. */
function endOf(own: Status | null, records: readonly LedgerRecord[], { over, owner }: RunState): StatusEnd {
  if (own?.end != null) return { ...own.end, over };
  const recorded = records.findLast((record) => record.type === 'end')?.reason;
  // A run that was put right after a kill has an end, but not one of its own.
  const reason = owner !== null || recorded === undefined || recorded === 'recovered' ? 'killed' : recorded;
  return { reason, message: endLabel(reason), over, exit_code: null };
}

function lastStory(folder: string, told: Status | null, records: readonly LedgerRecord[]): LastStory | null {
  const record = records.findLast((each) => each.type === 'outcome' && each.kind === 'story');
  if (record === undefined) return told?.last_story ?? null;
  const [file, metadata] = filesOf(record.name);
  const known = told?.last_story?.file === file ? told.last_story.title : null;
  const title = known ?? readMetadata(readJson(join(folder, metadata)))?.title ?? null;
  return { title, file, at: toIso(record.at) };
}

function lastFailure(told: Status | null, records: readonly LedgerRecord[]): LastFailure | null {
  const record = records.findLast((each) => each.type === 'outcome' && each.kind === 'failure');
  const said = told?.last_failure ?? null;
  if (record === undefined || (said !== null && Date.parse(said.at) >= record.at)) return said;
  return { code: record.code, reason: null, at: toIso(record.at) };
}

/** @throws NewerFormatError */
function readFileOf(folder: string, runId: string): Status | null {
  const path = statusPath(folder, runId);
  const json = readJson(path) as Partial<Status> | null;
  checkFormat(json?.format, path);
  return json?.run_id === runId && typeof json.since === 'string' ? (json as Status) : null;
}
