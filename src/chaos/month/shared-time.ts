import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';

/** The time of a rehearsed month as it stands in a file, which fast-clock.mjs writes while a worker runs. */
interface TimeFile {
  /** The rehearsed time, milliseconds since the epoch, */
  at: number;
  /** when the system's monotonic clock had this one, milliseconds. */
  real: number;
  /** Rehearsed milliseconds per real one. */
  rate: number;
  /** Time stops here, at the end of a wait; null: it does not. */
  until: number | null;
  /** The rate of waits. */
  waitRate: number;
}

/** A file beside it: as long as it is there, waits take as long as they take. */
const BRAKE = '.brake';

/** The time of a rehearsed month. */
export interface SharedTime {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Lets no more time pass than really does, also in the waits of workers: at once, or within the blink of an eye. */
  brake(): void;
  /** Lets waits pass quickly again. */
  release(): void;
  /** Sets the clock forward, while no worker runs; one that is later already stays. */
  advanceTo(at: number): void;
}

/** @param waitRate rehearsed milliseconds per real one, in waits */
export function openSharedTime(path: string, start: number, waitRate: number): SharedTime {
  // The system's own, which is the same for all processes and is never set.
  const realNow = () => Number(process.hrtime.bigint()) / 1e6;
  const set = (at: number) => {
    const time: TimeFile = { at, real: realNow(), rate: 1, until: null, waitRate };
    writeFileSync(`${path}.new`, JSON.stringify(time));
    renameSync(`${path}.new`, path);
  };
  const now = () => {
    const { at, real, rate, until } = JSON.parse(readFileSync(path, 'utf8')) as TimeFile;
    return Math.floor(Math.min(until ?? Number.POSITIVE_INFINITY, at + (realNow() - real) * rate));
  };
  set(start);
  return {
    now,
    brake: () => writeFileSync(`${path}${BRAKE}`, ''),
    release: () => rmSync(`${path}${BRAKE}`, { force: true }),
    advanceTo: (at) => set(Math.max(now(), at)),
  };
}
