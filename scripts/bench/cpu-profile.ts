/** The part of a .cpuprofile (the format of Chrome's DevTools) that is used here. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  /** The node that was running, a sample each. */
  samples: number[];
  /** Since the sample before, in microseconds. */
  timeDeltas: number[];
}

/** Where a function begins: lines and columns from 0. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
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

/**
 * Where the time goes: self time by module, most first; idle time is left out. Pure.
 * @param sourceOf the URL or path of the module that a function was written in
 */
export function selfTimes(
  { nodes, samples, timeDeltas }: CpuProfile,
  sourceOf: (frame: CallFrame) => string = ({ url }) => url,
): SelfTime[] {
  const moduleOf = new Map(
    nodes.map(({ id, callFrame }) => [
      id,
      callFrame.url === '' ? callFrame.functionName : shortName(sourceOf(callFrame)),
    ]),
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

/** `yaml/dist/nodes/Pair.js`, `src/library.ts`, `node:fs`. */
function shortName(source: string): string {
  const [, inPackage] = /^.*\/node_modules\/(.*)/.exec(source) ?? [];
  return inPackage ?? source.replace(/^.*\/(dist|src)\//, '$1/');
}
