import assert from 'node:assert/strict';
import { test } from 'node:test';
import { remainingLimits, slowUntil } from '../../../api/rate-limit-headers.js';

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
