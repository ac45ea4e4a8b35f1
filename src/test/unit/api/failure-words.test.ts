import assert from 'node:assert/strict';
import { test } from 'node:test';
import { CallError, type CallErrorDetail, classifyFailure, type FailureKind } from '../../../api/failure.js';

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

type Row = [name: string, detail: Partial<CallErrorDetail>, kind: FailureKind, code: string];

const CREDIT = 'Your credit balance is too low to access the Anthropic API.';

/** Failures by their words, as the APIs and gateways of the field say them. */
const WORDS: Row[] = [
  ...(
    [
      [400, 'invalid_request_error', null, CREDIT],
      [
        400,
        'invalid_request_error',
        null,
        'You have reached your specified API usage limits. You will regain access on 2026-12-01 at 00:00 UTC.',
      ],
      [429, 'rate_limit_error', null, "You have reached your organization's monthly usage limit."],
      [429, 'rate_limit_error', null, CREDIT],
      [429, 'rate_limit_error', '1113', '[1113][Insufficient balance or no resource package. Please recharge.]'],
      [
        429,
        'insufficient_quota',
        'insufficient_quota',
        'You exceeded your current quota, please check your plan and billing details.',
      ],
      [403, null, 'insufficient_user_quota', '用户额度不足, 剩余额度: 0'],
      [400, null, 'Arrearage', 'Access denied, please make sure your account is in good standing.'],
      [402, null, null, 'This request requires more credits, or fewer max_tokens.'],
      [402, null, null, 'Insufficient Balance'],
      [500, 'api_error', null, 'Insufficient account balance'],
    ] as const
  ).map(
    ([status, type, code, message]): Row => [
      `${status} "${message}"`,
      { status, type, code, message },
      'blocked',
      code ?? type ?? `http_${status}`,
    ],
  ),
  ...(
    [
      'Rate limit reached for requests per minute. Visit your billing page to raise your limits.',
      'Number of request tokens has exceeded your per-minute rate limit. Please see your usage at the console.',
      'This model used 3 credits a minute ago; slow down.',
      'You exceeded your current quota, please check your plan and billing details. Please retry in 34 s.',
    ] as const
  ).map(
    (message): Row => [
      `429 "${message}"`,
      { status: 429, type: 'rate_limit_error', message },
      'transient',
      'rate_limit_error',
    ],
  ),
  ...(
    [
      [400, 'invalid_request_error', null, 'Output blocked by content filtering policy'],
      [
        400,
        null,
        'content_filter',
        'The response was filtered due to the prompt triggering the content management policy.',
      ],
      [400, null, 'data_inspection_failed', 'Output data may contain inappropriate content.'],
      [null, 'invalid_request_error', null, 'Output blocked by content filtering policy'],
      [null, 'api_error', null, 'Output blocked by content filtering policy'],
    ] as const
  ).map(
    ([status, type, code, message]): Row => [
      `${status ?? 'an event'} "${message}"`,
      { fault: status === null ? 'stream_event' : 'http', status, type, code, message },
      'unusable',
      'refusal:output_filter',
    ],
  ),
  ...(
    [
      [403, { isFlagged: true }, 'openai/gpt requires moderation on OpenInference. Your input was flagged'],
      [403, {}, 'Your input was flagged by moderation for "violence/graphic".'],
      [400, {}, 'Input data may contain inappropriate content.'],
      [400, { code: 'moderation_blocked' }, 'Your request was rejected as a result of our safety system.'],
    ] as const
  ).map(
    ([status, more, message]): Row => [
      `${status} "${message}"`,
      { status, message, ...more },
      'unusable',
      'refusal:moderation',
    ],
  ),
  ...(
    [
      [400, 'exceed_context_size_error', 'the request exceeds the available context size, try increasing it'],
      [400, 'invalid_request_error', 'prompt is too long: 208310 tokens > 200000 maximum'],
      [400, 'invalid_request_error', 'input length and `max_tokens` exceed context limit: 190000 + 16000 > 200000'],
      [400, null, "This model's maximum context length is 8192 tokens."],
      [422, null, 'Requested tokens exceed context window of 4096'],
    ] as const
  ).map(
    ([status, type, message]): Row => [
      `${status} "${message}"`,
      { status, type, message },
      'fatal',
      'context_exceeded',
    ],
  ),
  ...(
    [
      [403, 'text/html: Just a moment...'],
      [404, 'text/plain: no healthy upstream'],
      [401, 'text/html: 401 Authorization Required'],
    ] as const
  ).map(
    ([status, message]): Row => [
      `${status} of a proxy "${message}"`,
      { status, message, isPage: true },
      'transient',
      `http_${status}`,
    ],
  ),
  [
    '500 of a moderation that is down',
    { status: 500, message: 'moderation service unavailable' },
    'transient',
    'http_500',
  ],
  ['402 as a page', { status: 402, message: 'text/html: Payment Required', isPage: true }, 'blocked', 'http_402'],
  ['an event with a status of its own', { fault: 'stream_event', bodyStatus: 401 }, 'fatal', 'stream_event'],
  ['an event with a passing status', { fault: 'stream_event', bodyStatus: 429 }, 'transient', 'stream_event'],
  ['an event about money', { fault: 'stream_event', type: 'error', code: '1113' }, 'blocked', '1113'],
];

for (const [name, detail, kind, code] of WORDS) {
  test(`${name} is ${kind} ${code}`, () => {
    const failure = classifyFailure(fails(detail));
    assert.deepEqual([failure.kind, failure.code], [kind, code]);
    if (kind === 'blocked') assert.match(failure.advice ?? '', /결제/);
    if (detail.isPage && kind === 'transient') assert.match(failure.advice ?? '', /ANTHROPIC_BASE_URL/);
    if (code === 'context_exceeded') assert.match(failure.advice ?? '', /MAX_TOKENS/);
  });
}
