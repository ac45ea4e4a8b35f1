import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import {
  type CallLimits,
  CallTimeoutError,
  type CallTimer,
  startCallTimer,
} from '../../../../api/streaming/call-timeout.js';

const LIMITS: CallLimits = { idleMs: 60_000, firstTextMs: 300_000, totalMs: 900_000 };

/** A timer on a clock of the test's own. */
function start(t: TestContext, limits: Partial<CallLimits> = {}) {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const caller = new AbortController();
  const timer = startCallTimer(caller.signal, { ...LIMITS, ...limits });
  t.after(() => timer.stop());
  return { timer, caller, pass: (seconds: number) => t.mock.timers.tick(seconds * 1000) };
}

/** What has ended the call, and after how long; null while it goes on. */
function ended({ signal }: CallTimer): string | null {
  if (!signal.aborted) return null;
  const reason: unknown = signal.reason;
  return reason instanceof CallTimeoutError ? `${reason.fault} ${reason.message}` : String(reason);
}

test('silence before the first byte is an idle timeout', (t) => {
  const { timer, pass } = start(t);
  pass(59);
  assert.equal(ended(timer), null);
  pass(1);
  assert.equal(ended(timer), 'idle_timeout 60초');
});

test('pings before the first text count as life, up to a bound of their own', (t) => {
  const { timer, pass } = start(t);
  for (let seconds = 10; seconds < 300; seconds += 10) {
    pass(10);
    timer.onBytes();
    assert.equal(ended(timer), null, `${seconds}초`);
  }
  pass(10);
  assert.equal(ended(timer), 'first_text_timeout 300초');
});

test('without that bound they count until the call is over', (t) => {
  const { timer, pass } = start(t, { firstTextMs: null });
  for (let seconds = 10; seconds < 900; seconds += 10) {
    pass(10);
    timer.onBytes();
  }
  assert.equal(ended(timer), null);
  pass(10);
  assert.equal(ended(timer), 'total_timeout 900초');
});

test('thinking that is streamed starts the wait for the text anew', (t) => {
  const { timer, pass } = start(t);
  for (let minutes = 1; minutes <= 8; minutes++) {
    pass(59);
    timer.onEvent('before_text');
  }
  assert.equal(ended(timer), null);
  for (let pings = 1; pings < 30; pings++) {
    pass(10);
    timer.onBytes();
  }
  assert.equal(ended(timer), null);
  pass(10);
  assert.equal(ended(timer), 'first_text_timeout 300초');
});

test('once there is text, pings count no more', (t) => {
  const { timer, pass } = start(t);
  timer.onEvent('before_text');
  timer.onEvent('text');
  for (let pings = 1; pings < 6; pings++) {
    pass(10);
    timer.onBytes();
  }
  assert.equal(ended(timer), null);
  pass(10);
  assert.equal(ended(timer), 'idle_timeout 60초');
});

test('text that goes on outlasts the bound of the first text', (t) => {
  const { timer, pass } = start(t);
  timer.onEvent('text');
  for (let minutes = 1; minutes <= 14; minutes++) {
    pass(59);
    timer.onEvent(minutes % 2 === 0 ? 'text' : 'other');
  }
  assert.equal(ended(timer), null);
});

test('after a second start, pings count again', (t) => {
  const { timer, pass } = start(t);
  timer.onEvent('text');
  timer.onEvent('before_text');
  for (let pings = 1; pings <= 10; pings++) {
    pass(10);
    timer.onBytes();
  }
  assert.equal(ended(timer), null);
});

test('a complete message waits a second for its connection, and names no timeout', (t) => {
  const { timer, pass } = start(t);
  timer.onEvent('text');
  timer.expectClose();
  pass(0.9);
  assert.equal(ended(timer), null);
  pass(0.1);
  assert.match(String(ended(timer)), /AbortError/);
});

test('pings after a complete message without text hold up nothing', (t) => {
  const { timer, pass } = start(t);
  timer.expectClose();
  pass(0.9);
  timer.onBytes();
  pass(0.1);
  assert.match(String(ended(timer)), /AbortError/);
});

test('a bound beyond what timers take is none', (t) => {
  const { timer, pass } = start(t, { firstTextMs: 1e13 });
  pass(59);
  assert.equal(ended(timer), null);
});

test("the caller's reason is handed on, and after stop nothing is", (t) => {
  const { timer, caller } = start(t);
  caller.abort('SIGINT');
  assert.equal(timer.signal.reason, 'SIGINT');
  const other = new AbortController();
  const stopped = startCallTimer(other.signal, LIMITS);
  stopped.stop();
  other.abort();
  t.mock.timers.tick(1_000_000);
  assert.equal(stopped.signal.aborted, false);
});
