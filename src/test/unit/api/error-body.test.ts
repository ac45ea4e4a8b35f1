import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readErrorBody } from '../../../api/error-body.js';

// An error of the API that a gateway quotes in its own.

const QUOTA = { error: { message: 'You have run out.', type: 'insufficient_quota', code: 'insufficient_quota' } };
const plain = { type: null, code: null, status: null, message: null, isFlagged: false };
/** As claude-code-router puts it, with the trace of its own stack behind. */
const quoted = (error: unknown) =>
  `Error from provider(local,writer: 429): ${JSON.stringify(error)}Error: Error from provider(local,writer: 429): ${JSON.stringify(error)}\n    at qn (/usr/lib/cli.js:582:7451)`;

const QUOTED: [what: string, body: unknown, expected: ReturnType<typeof readErrorBody>][] = [
  [
    'in the words of the gateway',
    { error: { type: 'api_error', code: 'provider_response_error', message: quoted(QUOTA) } },
    { ...plain, type: 'insufficient_quota', code: 'insufficient_quota', message: 'You have run out.' },
  ],
  [
    'with its inside alone',
    { type: 'error', message: { type: 'api_error', message: '{"message":"upstream quota","code":"429"}' } },
    { ...plain, type: 'api_error', status: 429, message: 'upstream quota' },
  ],
  [
    'by two gateways',
    { error: { message: quoted({ error: { message: `litellm: ${JSON.stringify(QUOTA)}`, code: '400' } }) } },
    {
      ...plain,
      type: 'insufficient_quota',
      code: 'insufficient_quota',
      status: 400,
      message: 'You have run out.',
    },
  ],
  [
    'that says less than the gateway',
    {
      error: {
        type: 'api_error',
        code: 'provider_response_error',
        message: quoted({ error: { message: 'overloaded' } }),
      },
    },
    { ...plain, type: 'api_error', code: 'provider_response_error', message: 'overloaded' },
  ],
  [
    'of a moderation',
    { error: { message: quoted({ error: { message: 'flagged', metadata: { reasons: ['violence'] } } }) } },
    { ...plain, message: 'flagged', isFlagged: true },
  ],
  [
    'with braces and quotation marks in its words',
    { error: { message: `upstream: ${JSON.stringify({ error: { message: 'no "{" allowed }' } })} (retry)` } },
    { ...plain, message: 'no "{" allowed }' },
  ],
];

for (const [what, body, expected] of QUOTED) {
  test(`an error that is quoted ${what} is read`, () => assert.deepEqual(readErrorBody(body), expected));
}

const UNQUOTED = ['expected {field}', 'unfinished {"error": {"message": "x"', 'got {}', 'got {"status":"ok"}'];

for (const message of UNQUOTED) {
  test(`words with a brace that quote no error stay as they are: ${message}`, () => {
    assert.deepEqual(readErrorBody({ error: { message } }), { ...plain, message });
  });
}
