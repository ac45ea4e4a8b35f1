import type { Segment } from '../model/timeline.js';

// Calls side by side: lanes to draw them in, and how many were in hand at a time. Times in milliseconds. Pure.

/** Tells whether the segment is that of a streamed call. */
export function isStreamedCall({ kind, batch }: Segment): boolean {
  return batch === undefined && (kind === 'story' || kind === 'failed' || kind === 'open');
}

/** Tells whether the call gives a story, or may still. */
export function isWriting({ kind }: Segment): boolean {
  return kind === 'story' || kind === 'open';
}

/** The lane of each streamed call, from 0: the first lane that is free when the call starts. */
export function lanesOf(segments: readonly Segment[]): { lanes: ReadonlyMap<Segment, number>; count: number } {
  const lanes = new Map<Segment, number>();
  /** When each lane is free again. */
  const freeAt: number[] = [];
  const calls = segments.filter(isStreamedCall).sort((a, b) => a.from - b.from || a.to - b.to);
  for (const call of calls) {
    const free = freeAt.findIndex((at) => at <= call.from);
    const lane = free === -1 ? freeAt.length : free;
    freeAt[lane] = call.to;
    lanes.set(call, lane);
  }
  return { lanes, count: Math.max(1, freeAt.length) };
}

/** A time in which the number of calls in hand does not change. */
export interface InHand {
  from: number;
  to: number;
  count: number;
}

/** The times in which streamed calls were in hand, and how many; in order and without overlap. */
export function inHandOver(segments: readonly Segment[]): InHand[] {
  const changes = segments
    .filter((segment) => isStreamedCall(segment) && segment.to > segment.from)
    .flatMap(({ from, to }) => [
      { at: from, by: 1 },
      { at: to, by: -1 },
    ])
    .sort((a, b) => a.at - b.at || a.by - b.by);
  const spans: InHand[] = [];
  let [count, since] = [0, 0];
  for (const { at, by } of changes) {
    if (count > 0 && at > since) spans.push({ from: since, to: at, count });
    count += by;
    since = at;
  }
  return spans;
}

/** The most streamed calls that were in hand at a time. */
export function mostInHand(segments: readonly Segment[]): number {
  return inHandOver(segments).reduce((most, { count }) => Math.max(most, count), 0);
}
