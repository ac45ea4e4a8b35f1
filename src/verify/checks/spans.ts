import type { RunProcess } from '../processes.js';

// Spans of time in which a run could not get on with a new story, whatever the number of its slots.

/** A span of time; both ends are milliseconds since the epoch. */
export interface Span {
  from: number;
  to: number;
}

/** Milliseconds from `from` to `to` that are in at least one of the spans. */
export function coverage(spans: readonly Span[], { from, to }: Span): number {
  const within = spans
    .map((span) => ({ from: Math.max(span.from, from), to: Math.min(span.to, to) }))
    .filter((span) => span.to > span.from)
    .sort((a, b) => a.from - b.from);
  let covered = 0;
  let reached = from;
  for (const span of within) {
    covered += Math.max(0, span.to - Math.max(span.from, reached));
    reached = Math.max(reached, span.to);
  }
  return covered;
}

/** The longest that the vendor takes for a batch, 24 h, and time to collect it, in milliseconds. */
const LONGEST_BATCH = 25 * 3_600_000;

/** Log events of a batch whose state or results could not be fetched. */
const POLL_TROUBLES: ReadonlySet<string> = new Set(['batch_poll_failed', 'batch_results_failed', 'batch_list_failed']);

/**
 * The spans in which a process of the run had a batch out, from its intent to its end.
 * @param until the end of the last process, or now while it is running, milliseconds since the epoch
 */
export function batchSpans(processes: readonly RunProcess[], until: number): Span[] {
  const spans: Span[] = [];
  const open = new Map<string, number>();
  for (const [index, { claimedAt, records, end, log }] of processes.entries()) {
    const troubled = log?.events.some(({ event }) => POLL_TROUBLES.has(event)) === true;
    const close = (from: number, to: number) => {
      spans.push({ from, to: troubled ? to : Math.min(to, from + LONGEST_BATCH) });
    };
    // A batch that an earlier process has left out is asked for at once.
    for (const key of open.keys()) open.set(key, claimedAt);
    for (const record of records) {
      if (record.type === 'snapshot') for (const { key } of record.state.batches ?? []) open.set(key, record.at);
      if (record.type !== 'batch') continue;
      if (record.phase === 'intent') open.set(record.key, record.at);
      const from = open.get(record.key);
      if (record.phase === 'closed' && from !== undefined && open.delete(record.key)) close(from, record.at);
    }
    const isLast = index === processes.length - 1;
    const lastSeen = Math.max(records.at(-1)?.at ?? claimedAt, isLast ? until : (log?.lastAt ?? 0));
    for (const from of open.values()) close(from, end?.at ?? lastSeen);
  }
  return spans;
}

/** The pauses of a process, each up to the time that was planned for it at most. */
export function pauseSpans({ records }: RunProcess): Span[] {
  const spans: Span[] = [];
  let open: Span | null = null;
  for (const record of records) {
    if (record.type !== 'pause' && record.type !== 'end') continue;
    if (open !== null) spans.push({ from: open.from, to: Math.min(open.to, record.at) });
    open = record.type === 'pause' && record.phase === 'begin' ? { from: record.at, to: record.until } : null;
  }
  return open === null ? spans : [...spans, open];
}
