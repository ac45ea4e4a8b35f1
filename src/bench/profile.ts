/** The part of a .cpuprofile (the format of Chrome's DevTools) that is used here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: { functionName: string; url: string } }[];
  /** The node that was running, a sample each. */
  samples: number[];
  /** Since the sample before, in microseconds. */
  timeDeltas: number[];
}

export interface SelfTime {
  /** A module by its short name; what is not JavaScript by its own, such as `(garbage collector)` or `rename`. */
  module: string;
  /** Milliseconds. */
  ms: number;
  /** Of all the time that was not idle, from 0 to 1. */
  share: number;
}

const IDLE = '(idle)';

/** Where the time goes: self time by module, most first; idle time is left out. Pure. */
export function selfTimes({ nodes, samples, timeDeltas }: CpuProfile): SelfTime[] {
  const moduleOf = new Map(
    nodes.map(({ id, callFrame: { url, functionName } }) => [id, url === '' ? functionName : shortName(url)]),
  );
  const times = new Map<string, number>();
  for (const [at, id] of samples.entries()) {
    const module = moduleOf.get(id) ?? '(unknown)';
    if (module === IDLE) continue;
    times.set(module, (times.get(module) ?? 0) + (timeDeltas[at] ?? 0) / 1000);
  }
  const all = [...times.values()].reduce((sum, ms) => sum + ms, 0);
  return [...times].map(([module, ms]) => ({ module, ms, share: ms / all })).sort((a, b) => b.ms - a.ms);
}

/** `yaml/dist/nodes/Pair.js`, `dist/library.js`, `node:fs`. */
function shortName(url: string): string {
  return url.replace(/^.*\/node_modules\//, '').replace(/^file:.*\/(dist|src)\//, '$1/');
}
