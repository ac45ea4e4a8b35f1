/** The fields used here of a .cpuprofile, the format of Chrome's DevTools. */
export interface CpuProfile {
  nodes: { id: number; callFrame: CallFrame }[];
  /** The id of the node that was running, one per sample. */
  samples: number[];
  /** Time since the previous sample, in microseconds, one per sample. */
  timeDeltas: number[];
}

/** The place where a function begins; lines and columns count from 0. */
export interface CallFrame {
  functionName: string;
  url: string;
  lineNumber: number;
  columnNumber: number;
}

export interface SelfTime {
  /** The short name of a module; native code has a name of its own, such as `(garbage collector)` or `rename`. */
  module: string;
  /** Milliseconds. */
  ms: number;
  /** Share of the time that was not idle, from 0 to 1. */
  share: number;
}

const IDLE = '(idle)';

/**
 * The self time per module, largest first, without idle time. Pure.
 * @param sourceOf the URL or path of the source that a function was written in
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

/** A short name such as `yaml/dist/nodes/Pair.js`, `src/worker/loop.ts` or `node:fs`. */
function shortName(source: string): string {
  const [, inPackage] = /^.*\/node_modules\/(.*)/.exec(source) ?? [];
  return inPackage ?? source.replace(/^.*\/(dist|src)\//, '$1/');
}
