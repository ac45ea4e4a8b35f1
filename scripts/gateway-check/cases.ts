import { seededRandom } from '../../src/lib/random.js';
import { composeStory } from '../../src/offline/composer.js';
import type { Expected } from './observe.js';
import type { Piece, UpstreamReply } from './openai-endpoint.js';
import { type Completion, document, refused, streamed } from './replies.js';

/** One question to the gateway: what the endpoint behind it answers, and what the worker is to make of it. */
export interface GatewayCase {
  /** English: as docs/gateways.md names it. */
  name: string;
  /** In order; after them every answer is another whole story. */
  replies: readonly UpstreamReply[];
  /** Default `--max-stories 1`. */
  flags?: readonly string[];
  env?: Record<string, string>;
  expected: Expected;
}

/** A whole story, another one for each number. */
export function storyText(seed: number): string {
  return composeStory({ premise: {}, random: seededRandom(seed) }).text;
}

const STORY = storyText(1);
/** The middle of a sentence. */
const MIDDLE = STORY.indexOf('.', STORY.length / 2) - 3;
const HEAD = STORY.slice(0, MIDDLE);

const whole = (changes: Completion = {}) => streamed({ text: STORY, ...changes });
const silence = (seconds: number): Piece[] =>
  Array.from({ length: seconds * 2 }, (): Piece[] => [{ comment: 'keep-alive' }, { waitMs: 500 }]).flat();
const error = (fields: object): Piece => ({ data: { error: fields } });

const KEY = { message: 'Incorrect API key provided', type: 'invalid_request_error', code: 'invalid_api_key' };
const CONTEXT = {
  message: "This model's maximum context length is 4096 tokens. However, you requested 5000 tokens.",
  type: 'invalid_request_error',
  code: 'context_length_exceeded',
};
const QUOTA = {
  message: 'You exceeded your current quota, please check your plan and billing details.',
  type: 'insufficient_quota',
  code: 'insufficient_quota',
};

const ONE = { exit: 0, stories: 1, setAside: 0 };
const FIRST_TRY = { ...ONE, requests: 1, failures: [] };

/** Every kind of answer that docs/gateways.md tells of, in its order. */
export const CASES: readonly GatewayCase[] = [
  { name: 'a whole story', replies: [whole()], expected: { ...FIRST_TRY, isUsageKnown: true, keeps: [STORY] } },
  {
    name: 'three stories',
    replies: [],
    flags: ['--max-stories', '3'],
    expected: { exit: 0, requests: 3, stories: 3, failures: [], isUsageKnown: true },
  },
  {
    name: 'one JSON document in place of a stream',
    replies: [document({ text: STORY })],
    expected: { ...FIRST_TRY, isUsageKnown: true, keeps: [STORY] },
  },
  {
    name: 'finish_reason length, then the rest',
    replies: [streamed({ text: HEAD, finish: 'length' }), streamed({ text: restOf(HEAD) })],
    expected: { ...ONE, requests: 2, failures: [], keeps: [STORY] },
  },
  {
    name: 'reasoning_content before the text',
    replies: [whole({ reasoning: '먼저 소재를 정하자. '.repeat(30) })],
    expected: { ...FIRST_TRY, keeps: [STORY], without: /소재를 정하자/ },
  },
  {
    name: '<think> in the text',
    replies: [whole({ text: `<think>\n먼저 소재를 정하자.\n</think>\n\n${STORY}` })],
    expected: { ...FIRST_TRY, keeps: [STORY], without: /소재를 정하자|think/ },
  },
  {
    name: 'the closing </think> alone',
    replies: [whole({ text: `먼저 소재를 정하자.\n</think>\n\n${STORY}` })],
    expected: { ...FIRST_TRY, keeps: [STORY], without: /소재를 정하자|think/ },
  },
  { name: '4 s of silence', replies: [whole({ first: silence(4) })], expected: { ...FIRST_TRY, keeps: [STORY] } },
  {
    name: '4 s of silence, 2 s allowed',
    replies: [whole({ first: silence(4) })],
    env: { REQUEST_IDLE_SECONDS: '2' },
    expected: { ...ONE, failures: ['transient/idle_timeout'], says: /REQUEST_IDLE_SECONDS/ },
  },
  {
    name: '429 rate limit',
    replies: [
      refused(
        429,
        { message: 'Rate limit reached', type: 'requests', code: 'rate_limit_exceeded' },
        { 'retry-after': '1' },
      ),
    ],
    expected: { ...ONE, requests: 2, failures: ['transient/rate_limit_exceeded'], says: /Rate limit reached/ },
  },
  {
    name: '429 insufficient_quota',
    replies: [refused(429, QUOTA)],
    expected: { exit: 78, requests: 1, stories: 0, failures: ['blocked/insufficient_quota'] },
  },
  {
    name: '529',
    replies: [refused(529, { message: 'overloaded' })],
    expected: { ...ONE, requests: 2, says: /529.*overloaded/ },
  },
  {
    name: '503 with a web page',
    replies: [{ status: 503, body: '<html><body>Service Unavailable</body></html>' }],
    expected: { ...ONE, requests: 2, says: /Service Unavailable/ },
  },
  {
    name: '401 at the first call',
    replies: [refused(401, KEY)],
    expected: { exit: 78, requests: 1, stories: 0, failures: ['fatal/invalid_api_key'], says: /ANTHROPIC_API_KEY/ },
  },
  {
    name: '401 after a story',
    replies: [whole(), refused(401, KEY)],
    flags: ['--max-stories', '2'],
    expected: { exit: 0, requests: 3, stories: 2, failures: ['fatal/invalid_api_key'] },
  },
  {
    name: '403 of a moderation',
    replies: [refused(403, { message: 'Your input was flagged', code: 403, metadata: { reasons: ['violence'] } })],
    expected: { ...ONE, requests: 2, failures: ['unusable/refusal:moderation'] },
  },
  {
    name: '403 no permission',
    replies: [refused(403, { message: 'Project does not have access to model writer', type: 'invalid_request_error' })],
    expected: { exit: 78, requests: 1, stories: 0 },
  },
  {
    name: '404 unknown model',
    replies: [refused(404, { message: 'The model `writer` does not exist', code: 'model_not_found' })],
    expected: { exit: 78, requests: 1, stories: 0, failures: ['fatal/model_not_found'], says: /CLAUDE_MODEL/ },
  },
  {
    name: '400 of a content filter',
    replies: [refused(400, { message: 'The response was filtered', type: null, code: 'content_filter' })],
    expected: { ...ONE, requests: 2, failures: ['unusable/refusal:output_filter'] },
  },
  {
    name: '400 context size, at the rest',
    replies: [streamed({ text: HEAD, finish: 'length' }), refused(400, CONTEXT)],
    expected: {
      exit: 0,
      requests: 3,
      stories: 1,
      setAside: 1,
      failures: ['incomplete/context_exceeded'],
      keeps: [HEAD],
    },
  },
  {
    name: '400 context size, at the first call',
    replies: [refused(400, CONTEXT)],
    expected: { exit: 78, requests: 1, stories: 0, failures: ['fatal/context_exceeded'], says: /MAX_TOKENS/ },
  },
  {
    name: 'usage absent',
    replies: [whole({ usage: null })],
    expected: { ...FIRST_TRY, isUsageKnown: false, says: /토큰 사용량 정보 없음/, keeps: [STORY] },
  },
  {
    name: 'usage 0',
    replies: [whole({ usage: { prompt_tokens: 0, completion_tokens: 0 } })],
    expected: { ...FIRST_TRY, isUsageKnown: false, says: /토큰 사용량 정보 없음/, keeps: [STORY] },
  },
  {
    name: 'usage after the finish_reason',
    replies: [whole({ usageApart: true })],
    expected: { ...FIRST_TRY, keeps: [STORY] },
  },
  {
    name: 'the connection breaks in the middle',
    replies: [whole({ breaksOff: { after: MIDDLE, with: ['cut'] } })],
    expected: { ...ONE, setAside: 1, requests: 2, failures: ['transient/cut'], keeps: [STORY.slice(0, MIDDLE - 100)] },
  },
  {
    name: 'the stream ends in the middle, without a finish_reason',
    replies: [whole({ breaksOff: { after: MIDDLE, with: [] } })],
    // The gateway says end_turn, without a count: the text is kept, with a doubt.
    expected: { ...ONE, requests: 1, says: /마지막 문장이 끝나지 않은/, keeps: [STORY.slice(0, MIDDLE - 100)] },
  },
  {
    name: 'an error in the middle of a 200',
    replies: [whole({ breaksOff: { after: MIDDLE, with: [error({ message: 'upstream quota', code: '429' })] } })],
    expected: { ...ONE, setAside: 1, requests: 2, says: /upstream quota/, keeps: [STORY.slice(0, MIDDLE - 100)] },
  },
  {
    name: 'a lasting error at the start of a 200',
    replies: [{ stream: [error({ message: 'Incorrect API key provided', type: 'authentication_error', code: 401 })] }],
    expected: { exit: 78, requests: 1, stories: 0, says: /Incorrect API key/ },
  },
  {
    name: 'an empty answer',
    replies: [whole({ text: '' })],
    expected: { ...ONE, requests: 2, failures: ['unusable/empty'] },
  },
  {
    name: 'finish_reason content_filter, in the middle',
    replies: [streamed({ text: HEAD, finish: 'content_filter' })],
    // The gateway says stop_sequence, though the worker has asked for none.
    expected: { ...ONE, requests: 1, says: /stop_sequence.*마지막 문장이 끝나지 않은/, keeps: [HEAD] },
  },
  {
    name: 'finish_reason tool_calls',
    replies: [streamed({ text: HEAD, finish: 'tool_calls' })],
    expected: { exit: 0, stories: 1, setAside: 1, requests: 2, failures: ['incomplete/tool_use'], keeps: [HEAD] },
  },
  {
    name: 'a refusal in words',
    replies: [
      whole({
        text: '죄송하지만 이 요청은 폭력적인 내용을 포함하고 있어 도와드릴 수 없습니다. 다른 주제를 말씀해 주세요.',
      }),
    ],
    expected: { ...ONE, setAside: 1, requests: 2, failures: ['unusable/refusal:in_words'] },
  },
];

/** What follows the last whole sentence of a text that was cut off: the worker asks for that. */
function restOf(head: string): string {
  return STORY.slice(head.lastIndexOf('. ') + 1).trimStart();
}
