import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  CallError,
  type CallErrorDetail,
  classifyFailure,
  endsRun,
  FAILURE_NAMES,
  type FailureKind,
} from '../../../api/failure.js';

function fails(detail: Partial<CallErrorDetail>): CallError {
  return new CallError({
    fault: 'http',
    status: null,
    type: null,
    code: null,
    message: '무슨 일이 있었는지',
    retryAfterMs: null,
    requestId: null,
    usage: null,
    ...detail,
  });
}

const CREDIT = 'Your credit balance is too low to access the Anthropic API.';

const TABLE: [name: string, detail: Partial<CallErrorDetail>, kind: FailureKind, code: string][] = [
  ['429', { status: 429 }, 'transient', 'http_429'],
  ['429 rate_limit_error', { status: 429, type: 'rate_limit_error' }, 'transient', 'rate_limit_error'],
  [
    '429 with the code of a rate limit',
    { status: 429, type: 'rate_limit_error', code: 'requests_per_minute_reached' },
    'transient',
    'requests_per_minute_reached',
  ],
  ['408', { status: 408 }, 'transient', 'http_408'],
  ['409', { status: 409 }, 'transient', 'http_409'],
  ['500', { status: 500, type: 'api_error' }, 'transient', 'api_error'],
  ['502', { status: 502 }, 'transient', 'http_502'],
  ['503', { status: 503 }, 'transient', 'http_503'],
  ['504', { status: 504, type: 'timeout_error' }, 'transient', 'timeout_error'],
  ['529', { status: 529, type: 'overloaded_error' }, 'transient', 'overloaded_error'],
  [
    'an error event in the stream',
    { fault: 'stream_event', type: 'overloaded_error' },
    'transient',
    'overloaded_error',
  ],
  ['an error event without a type', { fault: 'stream_event' }, 'transient', 'stream_event'],
  ['no connection', { fault: 'connection', message: 'ECONNREFUSED' }, 'transient', 'connection'],
  ['a cut stream', { fault: 'cut', message: 'terminated' }, 'transient', 'cut'],
  ['a silent stream', { fault: 'idle_timeout' }, 'transient', 'idle_timeout'],
  ['a stream without text', { fault: 'first_text_timeout' }, 'transient', 'first_text_timeout'],
  ['a call that takes too long', { fault: 'total_timeout' }, 'transient', 'total_timeout'],
  ['a 200 that is no message', { fault: 'no_message' }, 'transient', 'no_message'],
  ['an answer without a status', { fault: 'http' }, 'transient', 'http'],

  [
    '429 enforced_spend_limit_reached',
    { status: 429, type: 'rate_limit_error', code: 'enforced_spend_limit_reached' },
    'blocked',
    'enforced_spend_limit_reached',
  ],
  [
    '429 contract_spend_limit_reached',
    { status: 429, type: 'rate_limit_error', code: 'contract_spend_limit_reached' },
    'blocked',
    'contract_spend_limit_reached',
  ],
  ['402', { status: 402 }, 'blocked', 'http_402'],
  ['402 billing_error', { status: 402, type: 'billing_error' }, 'blocked', 'billing_error'],
  ['403 billing_error', { status: 403, type: 'billing_error' }, 'blocked', 'billing_error'],
  [
    '400 with an empty credit balance',
    { status: 400, type: 'invalid_request_error', message: CREDIT },
    'blocked',
    'invalid_request_error',
  ],

  ['400', { status: 400, type: 'invalid_request_error' }, 'fatal', 'invalid_request_error'],
  ['400 without a body', { status: 400 }, 'fatal', 'http_400'],
  ['401', { status: 401, type: 'authentication_error' }, 'fatal', 'authentication_error'],
  ['403', { status: 403, type: 'permission_error' }, 'fatal', 'permission_error'],
  ['404', { status: 404, type: 'not_found_error' }, 'fatal', 'not_found_error'],
  ['413', { status: 413, type: 'request_too_large' }, 'fatal', 'request_too_large'],
  ['422', { status: 422 }, 'fatal', 'http_422'],
];

/** Errors that waiting may mend, and a person who changes a setting surely does. */
const ADVISED: readonly (string | undefined)[] = ['idle_timeout', 'first_text_timeout', 'total_timeout', 'no_message'];

for (const [name, detail, kind, code] of TABLE) {
  test(`${name} is ${kind}`, () => {
    const failure = classifyFailure(fails(detail));
    assert.equal(failure.kind, kind);
    assert.equal(failure.code, code);
    assert.match(failure.reason, /[가-힣]/);
    assert.ok(failure.reason.includes(detail.message ?? '무슨 일이 있었는지'), failure.reason);
    assert.equal(failure.advice !== null, kind === 'blocked' || kind === 'fatal' || ADVISED.includes(detail.fault));
  });
}

test('a spend limit says until when, where the API does', () => {
  const resetsAt = Date.UTC(2026, 11, 1);
  assert.equal(classifyFailure(fails({ status: 400, message: CREDIT, resetsAt })).resetsAt, resetsAt);
  assert.equal(classifyFailure(fails({ status: 400, message: CREDIT })).resetsAt, undefined);
  assert.equal(classifyFailure(fails({ status: 400, resetsAt })).resetsAt, undefined);
});

test('the refusals that balancers give by mistake may pass, and no others', () => {
  const passing = [400, 401, 402, 403, 404, 413, 422, 429, 500].filter(
    (status) => classifyFailure(fails({ status })).mayPass,
  );
  assert.deepEqual(passing, [401, 403, 404]);
  assert.equal(classifyFailure(fails({ fault: 'stream_event', type: 'authentication_error' })).mayPass, true);
  assert.equal(classifyFailure(fails({ status: 404, isPage: true })).mayPass, undefined);
});

test('a timeout names the setting to raise', () => {
  const cases = [
    ['idle_timeout', /REQUEST_IDLE_SECONDS/],
    ['first_text_timeout', /REQUEST_FIRST_TEXT_SECONDS/],
    ['total_timeout', /REQUEST_TIMEOUT_SECONDS/],
  ] as const;
  for (const [fault, advice] of cases) assert.match(classifyFailure(fails({ fault })).advice ?? '', advice);
});

test('the advice names the setting to look at', () => {
  const cases: [number, RegExp][] = [
    [400, /CLAUDE_MODEL, MAX_TOKENS, TEMPERATURE/],
    [401, /ANTHROPIC_API_KEY/],
    [402, /결제/],
    [403, /권한/],
    [404, /CLAUDE_MODEL/],
    [413, /--template/],
    [422, /설정/],
  ];
  for (const [status, advice] of cases) assert.match(classifyFailure(fails({ status })).advice ?? '', advice);
});

test('retry-after is passed on for what passes by itself, whether an answer or an event says it', () => {
  assert.equal(classifyFailure(fails({ status: 429, retryAfterMs: 7000 })).retryAfterMs, 7000);
  assert.equal(classifyFailure(fails({ status: 529, retryAfterMs: 0 })).retryAfterMs, 0);
  assert.equal(classifyFailure(fails({ fault: 'stream_event', retryAfterMs: 3000 })).retryAfterMs, 3000);
  assert.equal(classifyFailure(fails({ status: 503 })).retryAfterMs, null);
});

test('retry-after is no reason to come back to what ends the run', () => {
  assert.equal(classifyFailure(fails({ status: 402, retryAfterMs: 7000 })).retryAfterMs, null);
  assert.equal(classifyFailure(fails({ status: 401, retryAfterMs: 7000 })).retryAfterMs, null);
});

test('whatever is no call failure is unforeseen, and keeps its words', () => {
  const thrown: [unknown, string][] = [
    [new TypeError('x is not a function'), 'x is not a function'],
    ['just a text', 'just a text'],
    [undefined, 'undefined'],
    [{ status: 401 }, 'object'],
  ];
  for (const [error, words] of thrown) {
    const failure = classifyFailure(error);
    assert.equal(failure.kind, 'unforeseen');
    assert.equal(failure.code, 'unforeseen');
    assert.ok(failure.reason.includes(words), failure.reason);
  }
});

test('only what a person has to mend ends the run', () => {
  assert.deepEqual((Object.keys(FAILURE_NAMES) as FailureKind[]).filter(endsRun), ['blocked', 'fatal']);
});
