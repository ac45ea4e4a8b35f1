// A preload (node --import, with --expose-gc): appends to the file BENCH_REPORT, a JSON line each, what the heap holds
// once it is collected, on SIGUSR2, and what the process has used in all, at its end. In bytes and milliseconds.
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const report = (line) => appendFileSync(process.env.BENCH_REPORT, `${JSON.stringify(line)}\n`);

process.on('SIGUSR2', async () => {
  // Twice, with a turn between: what a finalizer lets go of is collected by the second.
  globalThis.gc();
  await setTimeout(50);
  globalThis.gc();
  const { heapUsed, external } = process.memoryUsage();
  report({ kind: 'heap', heapUsed, external });
});

process.on('exit', () => {
  const { user, system } = process.cpuUsage();
  const peakKb = Number(/^VmHWM:\s*(\d+)/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]);
  report({ kind: 'exit', peak: peakKb * 1024, cpu: (user + system) / 1000 });
});
