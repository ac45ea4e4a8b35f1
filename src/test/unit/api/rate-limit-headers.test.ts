import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remainingLimits, resetTime, retryAfter, slowUntil } from '../../../api/rate-limit-headers.js';

const AT = (seconds: number) => new Date(Date.UTC(2026, 10, 23, 5, 0, seconds)).toISOString();
const TIME = (seconds: number) => Date.parse(AT(seconds));
const MAX_TOKENS = 16_000;

/** `remaining@seconds` by kind. */
function headers(limits: Record<string, string>): Headers {
  const result = new Headers();
  for (const [kind, limit] of Object.entries(limits)) {
    const [remaining = '', reset] = limit.split('@');
    result.set(`anthropic-ratelimit-${kind}-remaining`, remaining);
    if (reset !== undefined) result.set(`anthropic-ratelimit-${kind}-reset`, AT(Number(reset)));
  }
  return result;
}

const TABLE: [name: string, limits: Record<string, string>, seconds: number | null][] = [
  ['nothing said', {}, null],
  ['plenty of everything', { requests: '49@10', tokens: '400000@20', 'output-tokens': '80000@30' }, null],
  ['no request left', { requests: '0@10' }, 10],
  ['one request left', { requests: '1@10' }, null],
  ['just enough tokens for another answer', { tokens: '16000@20', 'output-tokens': '16000@30' }, null],
  ['one output token too few', { 'output-tokens': '15999@30' }, 30],
  ['one token too few', { tokens: '15999@20' }, 20],
  ['two limits used up', { requests: '0@40', 'output-tokens': '0@30', tokens: '100000@50' }, 40],
  ['a limit used up, without a time', { requests: '0' }, null],
  ['limits that are no numbers', { requests: 'none@10', tokens: '@20' }, null],
  ['a limit on input tokens, which one call barely uses', { 'input-tokens': '0@10' }, null],
];

for (const [name, limits, seconds] of TABLE) {
  test(`${name}: ${seconds === null ? 'no need to slow down' : 'slow until that limit is full again'}`, () => {
    assert.equal(slowUntil(headers(limits), MAX_TOKENS, TIME(0)), seconds === null ? null : TIME(seconds));
  });
}

test('a time that is none asks for nothing', () => {
  const said = new Headers({
    'anthropic-ratelimit-requests-remaining': '0',
    'anthropic-ratelimit-requests-reset': 'soon',
  });
  assert.equal(slowUntil(said, MAX_TOKENS, TIME(0)), null);
});

test('what is left of every limit that the headers name is told, and nothing of what is no count', () => {
  const headers = new Headers({
    'anthropic-ratelimit-requests-remaining': '49',
    'anthropic-ratelimit-output-tokens-remaining': '7000',
    'anthropic-ratelimit-tokens-remaining': 'many',
    'anthropic-ratelimit-requests-reset': '2026-11-23T05:00:00Z',
    'content-type': 'text/event-stream',
  });
  assert.deepEqual(remainingLimits(headers), { requests: 49, 'output-tokens': 7000 });
  assert.deepEqual(remainingLimits(new Headers()), {});
});

const NOW = TIME(0);
const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const http = (time: number) => new Date(time).toUTCString();

const CLOCKS: [what: string, theirs: number | null][] = [
  ['without a Date', null],
  ['with a Date like ours', NOW],
  ['with a Date in whole seconds', NOW - 999],
  ['with a clock that is a day fast', NOW + DAY],
  ['with a clock that is ten years slow', NOW - 3650 * DAY],
];
for (const [what, theirs] of CLOCKS) {
  /** What an endpoint with that clock sends for a time of ours. */
  const said = (time: number) => http(time + (theirs === null ? 0 : theirs - NOW));
  const date: Record<string, string> = theirs === null ? {} : { date: http(theirs) };
  const near = (actual: number | null, wanted: number) =>
    assert.ok(actual !== null && Math.abs(actual - wanted) <= 1000, `${actual} is not about ${wanted}`);

  test(`${what}, a retry-after date is a wait of the time between`, () => {
    near(retryAfter(new Headers({ ...date, 'retry-after': said(NOW + 90_000) }), NOW), 90_000);
    assert.equal(retryAfter(new Headers({ ...date, 'retry-after': said(NOW - 90_000) }), NOW), null);
  });

  test(`${what}, a limit's reset is a time of our clock`, () => {
    const limit = {
      'anthropic-ratelimit-requests-remaining': '0',
      'anthropic-ratelimit-requests-reset': said(NOW + 60_000),
    };
    near(slowUntil(new Headers({ ...date, ...limit }), MAX_TOKENS, NOW), NOW + 60_000);
  });
}

test('a reset of a limit that is further away than an hour is a wrong clock, and bounded', () => {
  const limit = {
    'anthropic-ratelimit-tokens-remaining': '0',
    'anthropic-ratelimit-tokens-reset': '2099-01-01T00:00:00Z',
  };
  assert.equal(slowUntil(new Headers(limit), MAX_TOKENS, NOW), NOW + HOUR);
});

test('a retry-after date that no API means is bounded to a year', () => {
  assert.equal(retryAfter(new Headers({ 'retry-after': 'Fri, 01 Jan 2999 00:00:00 GMT' }), NOW), 366 * DAY);
});

test('no headers ask for no wait', () => {
  assert.equal(retryAfter(undefined, NOW), null);
});

const RESETS: [message: string, at: string | null][] = [
  [
    'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
    '2026-12-01T00:00Z',
  ],
  ['You will regain access on 2026-12-01 at 09:30 UTC.', '2026-12-01T09:30Z'],
  ['Spend limit reached, resets 2026-12-01T12:00:05Z', '2026-12-01T12:00:05Z'],
  ['Monthly budget exhausted. Resets on 2026-12-01.', '2026-12-01T00:00Z'],
  ['You will regain access on 2025-12-01 at 00:00 UTC.', null],
  ['You will regain access on 2999-12-01 at 00:00 UTC.', null],
  ['You will regain access on 2026-99-01 at 00:00 UTC.', null],
  ['Model claude-x-20261201 retired on 2026-12-01', null],
  ['Your credit balance is too low.', null],
];
for (const [message, at] of RESETS) {
  test(`"${message}" names ${at ?? 'no time to come back'}`, () => {
    assert.equal(resetTime(message, undefined, NOW), at === null ? null : Date.parse(at));
  });
}

test('the time to come back is one of our clock', () => {
  const [message] = RESETS[0] ?? [''];
  const hourFast = new Headers({ date: http(NOW + HOUR) });
  assert.equal(resetTime(message, hourFast, NOW), Date.parse('2026-12-01T00:00Z') - HOUR);
});
