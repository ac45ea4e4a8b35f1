// A preload (node --import, with --expose-gc) that appends JSON lines to the file BENCH_REPORT: on SIGUSR2 the size of the
// heap after a collection, and at the exit peak memory and processor time. In bytes and milliseconds.
import { appendFileSync, readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

const report = (line) => appendFileSync(process.env.BENCH_REPORT, `${JSON.stringify(line)}\n`);

process.on('SIGUSR2', async () => {
  // Twice, because the second collection frees what finalizers released after the first.
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
