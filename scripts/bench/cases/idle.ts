import { setTimeout } from 'node:timers/promises';
import { childScript, type Fixture, type MeasuredProcess } from '../fixture.js';
import { type ProcessUse, readUse } from '../proc-stats.js';
import { type BenchCase, MB } from '../runner.js';
import { toRow } from '../table.js';

/**
 * The time before the wait is measured, in milliseconds. Meanwhile connections time out, and V8, which checks every 8
 * seconds whether to release memory, has done so, which takes about a minute.
 */
const SETTLE = 120_000;
const SETTLE_QUICK = 10_000;

/** Wake-ups per minute above those of the idle process that count as chance. */
const CHANCE_WAKEUPS = 1;

/** Memory and processor time of a worker between two stories, against an idle process that has loaded the SDK. */
export const idleCase: BenchCase = {
  name: 'waiting',
  title: '다음 소설을 기다리는 동안',
  run: async (fixture, { quick }) => {
    const ms = quick ? 20_000 : 600_000;
    const settle = quick ? SETTLE_QUICK : SETTLE;
    const outputDir = await fixture.newFolder();
    const worker = startWaiting(fixture, outputDir, (2 * (ms + settle)) / 1000);
    const idle = startIdle(fixture);
    const called = startIdle(fixture, 'after a call');
    await Promise.all([worker.printed(WAITING), idle.printed('idle'), called.printed('idle')]);
    await setTimeout(settle);
    // At the same time rather than in turns, so that both run in the same ten minutes.
    const before = await useOf(worker, idle);
    await setTimeout(ms);
    const after = await useOf(worker, idle);
    const { rss: rssCalled } = await readUse(called.pid);
    const all = [worker, idle, called];
    for (const process of all) process.signal('SIGINT');
    await Promise.all(all.map((process) => process.ended()));
    await fixture.remove(outputDir);
    const minutes = ms / 60_000;
    const perMinute = (at: 0 | 1) => (after[at].switches - before[at].switches) / minutes;
    const cpuPercent = (at: 0 | 1) => (100 * (after[at].cpuMs - before[at].cpuMs)) / ms;
    const label = (text: string) => `${text} (${ms / 1000}초)`;
    return {
      rows: [
        toRow({
          id: 'waiting.memory',
          label: label('기다리는 동안의 메모리'),
          unit: 'MB',
          ours: [after[0].rss / MB],
          baseline: [after[1].rss / MB],
          target: { of: 'ratio', atMost: 1.2 },
        }),
        // A waiting worker has made a call, and a call alone makes the SDK use more memory than loading it.
        toRow({
          id: 'waiting.memory_after_call',
          label: '  한 번 호출하고 쉬는 SDK에 견주어',
          unit: 'MB',
          ours: [after[0].rss / MB],
          baseline: [rssCalled / MB],
        }),
        toRow({
          id: 'waiting.cpu',
          label: label('기다리는 동안의 CPU'),
          unit: '%',
          ours: [cpuPercent(0)],
          baseline: [cpuPercent(1)],
          target: { of: 'median', atMost: 0.1 },
        }),
        toRow({
          id: 'waiting.wakeups',
          label: label('기다리는 동안 깨어난 횟수'),
          unit: '회/분',
          ours: [perMinute(0)],
          baseline: [perMinute(1)],
          target: { of: 'excess', atMost: CHANCE_WAKEUPS },
        }),
      ],
    };
  },
};

/** Part of the log record that begins the wait. */
export const WAITING = '"event":"waiting"';

/**
 * Starts a worker that writes one story and then waits.
 * @param seconds the length of the wait; the worker ends soon after it, even when the benchmark was killed
 */
export function startWaiting(fixture: Fixture, outputDir: string, seconds: number): MeasuredProcess {
  const flags = ['--duration-seconds', String(2 * seconds), '--interval-seconds', String(seconds)];
  return fixture.startWorker({ outputDir, flags, readStdout: true, env: { LOG_FORMAT: 'json' } });
}

/** @param history what the process did before it idles: it only loaded the SDK, or it also made a worker's first call */
export function startIdle(fixture: Fixture, history: 'nothing' | 'after a call' = 'nothing'): MeasuredProcess {
  const args = history === 'nothing' ? [] : [fixture.prompt];
  return fixture.startNode([childScript('idle.mjs'), ...args], { readStdout: true });
}

async function useOf(worker: MeasuredProcess, idle: MeasuredProcess): Promise<[ProcessUse, ProcessUse]> {
  return [await readUse(worker.pid), await readUse(idle.pid)];
}
