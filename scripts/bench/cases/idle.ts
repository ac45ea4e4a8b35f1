import { setTimeout } from 'node:timers/promises';
import { type Ground, pathOf, type Running } from '../fixture.js';
import { type ProcessUse, readUse } from '../proc-stats.js';
import { MB, type Measure } from '../runner.js';
import { toRow } from '../table.js';

/**
 * How long a process is left alone before the wait is measured, in milliseconds. Connections time out meanwhile, and V8
 * looks every 8 seconds whether to give memory back, does so within a minute or so, and then is still.
 */
const SETTLE = 120_000;
const SETTLE_QUICK = 10_000;

/** Wake-ups a minute, more than the idle process has, that are put down to chance. */
const STRAY_WAKEUPS = 1;

/** What a worker takes while it waits for the next story, next to a process that has loaded the SDK and does nothing. */
export const waiting: Measure = {
  name: 'waiting',
  title: '다음 소설을 기다리는 동안',
  run: async (ground, { quick }) => {
    const ms = quick ? 20_000 : 600_000;
    const settle = quick ? SETTLE_QUICK : SETTLE;
    const outputDir = await ground.newFolder();
    const worker = startWaiting(ground, outputDir, (2 * (ms + settle)) / 1000);
    const idle = startIdle(ground);
    const called = startIdle(ground, 'after a call');
    await Promise.all([worker.printed(WAITING), idle.printed('idle'), called.printed('idle')]);
    await setTimeout(settle);
    // Side by side rather than in turns: both see the same ten minutes.
    const before = await useOf(worker, idle);
    await setTimeout(ms);
    const after = await useOf(worker, idle);
    const { rss: rssCalled } = await readUse(called.pid);
    const all = [worker, idle, called];
    for (const process of all) process.signal('SIGINT');
    await Promise.all(all.map((process) => process.ended()));
    await ground.remove(outputDir);
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
        // A worker that waits has made a call, which alone touches much that a process that only loaded the SDK does not.
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
          target: { of: 'excess', atMost: STRAY_WAKEUPS },
        }),
      ],
    };
  },
};

/** In the record that says that the wait has begun. */
export const WAITING = '"event":"waiting"';

/**
 * Starts a worker that writes a story and then waits.
 * @param seconds how long it waits; it ends by itself soon after, should the bench be killed
 */
export function startWaiting(ground: Ground, outputDir: string, seconds: number): Running {
  const flags = ['--duration-seconds', String(2 * seconds), '--interval-seconds', String(seconds)];
  return ground.startWorker({ outputDir, flags, readStdout: true, env: { LOG_FORMAT: 'json' } });
}

/** @param history what it did before: nothing but load the SDK, or a call as the worker's first */
export function startIdle(ground: Ground, history: 'nothing' | 'after a call' = 'nothing'): Running {
  const args = history === 'nothing' ? [] : [ground.prompt];
  return ground.startNode([pathOf('idle.mjs'), ...args], { readStdout: true });
}

async function useOf(worker: Running, idle: Running): Promise<[ProcessUse, ProcessUse]> {
  return [await readUse(worker.pid), await readUse(idle.pid)];
}
