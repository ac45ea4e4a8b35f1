import { type Clock, MINUTE, SECOND } from '../lib/clock.js';
import { clockTime, formatDuration } from '../lib/format-time.js';
import type { Logger } from '../logging/logger.js';
import { afterWaitLabel, waitingLabel } from '../run/labels.js';
import type { WorkerEvent } from './events.js';
import type { Gate } from './pacing.js';
import type { Pause, Pauses } from './pauses.js';
import type { RunRules } from './run-rules.js';

export interface WaitsDeps {
  rules: RunRules;
  pauses: Pauses;
  /** How many stories are in hand: others may go on while one slot waits. */
  inHand: () => number;
  onEvent: (event: WorkerEvent) => void;
  clock: Clock;
  log: Logger;
}

export interface Waits {
  /** Waits at a slot's own gate and at the shared one, to the deadline, or until the run is to end; whichever is first. */
  wait(own: Gate): Promise<void>;
  /**
   * Waits at the shared gate alone, before a call whose story has its place already.
   * @returns false once the run is to end, or a pause has begun meanwhile: then the call is not to be made
   */
  ready(): Promise<boolean>;
  /**
   * Waits out the pause that holds now, if any.
   * @returns whether there was one: then everything else has to be asked again
   */
  waitOutPause(): Promise<boolean>;
}

/** How often a wait for a time of day looks at the clock, in milliseconds. */
const LOOK_AGAIN = 10 * MINUTE;

export function createWaits({ rules, pauses, inHand, onEvent, clock, log }: WaitsDeps): Waits {
  const { deadline, pacing, woken } = rules;
  /** The gates at which slots wait. */
  const gates = new Set<Gate>();
  let announced: Gate | null = null;
  let paused: Pause | null = null;
  return { wait, ready, waitOutPause };

  async function wait(own: Gate): Promise<void> {
    for (;;) {
      const gate = pacing.later(own);
      const { timeOfDay } = gate;
      const left = timeOfDay === undefined ? gate.until - clock.monotonic() : timeOfDay - clock.now();
      if (left <= 0) return;
      const until = clock.now() + left;
      gates.add(gate);
      announce(gate);
      if (deadline !== null && until >= deadline) await sleepToTimeOfDay(deadline);
      else if (timeOfDay !== undefined) await sleepToTimeOfDay(timeOfDay);
      else await clock.sleep(left, woken);
      gates.delete(gate);
      if (rules.close(rules.due(inHand() === 0 ? gate.reason : null))) return;
    }
  }

  async function ready(): Promise<boolean> {
    await wait({ until: clock.monotonic(), reason: 'retry' });
    // The story itself is in hand, and is not to be counted besides itself.
    return rules.due() === null && (await pauses.current(inHand() - 1)) === null;
  }

  async function waitOutPause(): Promise<boolean> {
    const pause = await pauses.current(inHand());
    if (pause === null) {
      await pauses.end();
      return false;
    }
    // Slots that are paused for one reason say it once.
    if (pause.reason !== paused?.reason || pause.until !== paused.until) {
      paused = pause;
      const until = new Date(pause.until).toISOString();
      log.info({ event: 'paused', reason: pause.reason, until }, `일시 정지합니다 - ${waitingLabel(pause.reason)}`);
      onEvent({ kind: 'paused', ...pause });
      await pauses.begin(pause);
    }
    await wait({
      until: clock.monotonic() + pause.until - clock.now(),
      reason: pause.reason,
      timeOfDay: pause.until,
    });
    return true;
  }

  /** The wall clock may be set while we sleep, and timers stand still while the machine does. */
  async function sleepToTimeOfDay(until: number): Promise<void> {
    while (!woken.aborted && clock.now() < until) await clock.sleep(Math.min(until - clock.now(), LOOK_AGAIN), woken);
  }

  function announce(gate: Gate): void {
    const now = clock.now();
    const sinceStart = clock.monotonic();
    const goesOnAt = (waited: Gate): number => {
      const until = waited.timeOfDay ?? now + waited.until - sinceStart;
      return deadline === null ? until : Math.min(until, deadline);
    };
    // Slots that wait at one gate say it once.
    if (gate !== announced) {
      announced = gate;
      logWait(gate, now, goesOnAt(gate));
    }
    if (inHand() > 0) {
      onEvent({ kind: 'writing', inHand: inHand() });
      return;
    }
    // The wait that others see is that of the slot that goes on first.
    const first = [...gates].reduce((a, b) => (b.until < a.until ? b : a), gate);
    onEvent({ kind: 'waiting', for: first.reason, until: goesOnAt(first) });
  }

  function logWait({ reason }: Gate, now: number, goesOnAt: number): void {
    log.info(
      { event: 'waiting', for: reason, seconds: (goesOnAt - now) / SECOND, until: new Date(goesOnAt).toISOString() },
      goesOnAt === deadline
        ? `${clockTime(goesOnAt)}에 실행 시간이 끝나므로, 새 소설 없이 ${formatDuration(goesOnAt - now)} 뒤 종료합니다`
        : `${clockTime(goesOnAt)}에 ${afterWaitLabel(reason)} (${formatDuration(goesOnAt - now)} 뒤)`,
    );
  }
}
