import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import type { Reply } from '../../../offline/server/reply.js';
import { delta, HALF, raw, S, STORY, sse, T, textBlock } from '../../helpers/calls.js';
import { storyText } from '../../helpers/fakes.js';
import { endpointFor, settingsFor, startWorker } from '../../helpers/processes.js';

// The built worker with answers and errors as gateways give them, each a case that was reported in public. After the
// replies every answer is a whole story.

const GUARD = { timeout: 60_000 };
const whole = (text: string, changes: Partial<Reply> = {}): Reply => ({
  content: [{ type: 'text', text }],
  ...changes,
});
const saved = (seed: number): Reply => whole(storyText({ title: `다음 소설 ${seed}` }));
const status = (code: number, body: object | string): Reply => ({
  ...{ status: code, body: typeof body === 'string' ? body : JSON.stringify(body) },
  headers: { 'content-type': typeof body === 'string' ? 'text/html' : 'application/json' },
});
/** The end of a sentence with another behind it, in one paragraph. */
const CUT = STORY.indexOf('. ', 700);
const BODY = STORY.replace(/^# .*\n\n/, '');

interface Case {
  name: string;
  replies: readonly Reply[];
  env?: Record<string, string>;
  flags?: readonly string[];
  exit?: number;
  /** `kind/code` of every failed attempt. */
  failures?: readonly string[];
  stories?: number;
  setAside?: number;
  /** The text of the first story below its frontmatter, where that is `STORY` or something else that is known. */
  text?: string;
  /** Of the final record; null: a story whose usage is not known. */
  tokens?: number | null;
  /** Something that the log says, or codes of doubts. */
  says?: RegExp;
}

const CASES: readonly Case[] = [
  // A reasoning model's thinking in the text channel.
  ...(
    [
      ['both tags', `<think>\n구상한다.\n</think>\n\n${STORY}`],
      ['the closing tag alone', `구상한다.\n</think>\n\n${STORY}`],
      ['both tags, above a bold title', `<think>\n구상한다.\n</think>\n\n**반품 구역**\n\n${BODY}`],
      ['the closing tag alone, above a bold title', `구상한다.\n</think>\n\n**반품 구역**\n\n${BODY}`],
    ] as const
  ).map(([name, text]): Case => ({ name: `thinking between ${name}`, replies: [whole(text)], text: STORY })),
  ...[
    ['a page of a proxy', status(403, '<!DOCTYPE html><title>Just a moment...</title>'), 'transient/http_403'],
    ['a balancer without a server', { ...status(404, 'no healthy upstream') }, 'transient/http_404'],
    [
      'a key that a balancer does not know',
      { status: 401, error: { type: 'authentication_error', message: 'x' } },
      'fatal/authentication_error',
    ],
  ].map(
    ([name, reply, failure]): Case => ({
      ...{ name: `${name}, after a story`, replies: [whole(STORY), reply as Reply], flags: ['--max-stories', '2'] },
      ...{ failures: [failure as string], stories: 2 },
    }),
  ),
  {
    name: 'an account without money, as 429',
    replies: [
      status(429, {
        type: 'error',
        error: { type: 'rate_limit_error', code: '1113', message: '[1113][Insufficient balance. Please recharge.]' },
      }),
    ],
    ...{ exit: 78, failures: ['blocked/1113'], stories: 0, says: /잔액/ },
  },
  {
    name: 'the limit of a workspace, as 400',
    replies: [
      {
        status: 400,
        error: {
          type: 'invalid_request_error',
          message: 'You have reached your specified API usage limits. You will regain access on 2999-01-01.',
        },
      },
    ],
    ...{ exit: 78, failures: ['blocked/invalid_request_error'], stories: 0, says: /한도/ },
  },
  {
    name: 'a context that is too small for the rest',
    replies: [
      whole(HALF, { stopReason: 'max_tokens' }),
      status(400, {
        error: { type: 'exceed_context_size_error', message: 'the request exceeds the available context size' },
      }),
    ],
    ...{ failures: ['incomplete/context_exceeded'], setAside: 1 },
  },
  {
    name: 'counts of 0',
    replies: [whole(STORY, { usage: { input_tokens: 0, output_tokens: 0 } })],
    text: STORY,
    tokens: null,
    says: /토큰 사용량 정보 없음/,
  },
  {
    name: 'an input that turns to 0',
    replies: [raw(S, T, sse(delta('end_turn', { input_tokens: 0, output_tokens: 3000 })))],
    text: STORY,
    tokens: 4200,
  },
  {
    name: 'lost syllables',
    replies: [whole(STORY.replaceAll('습니다', '\ufffd').replaceAll('이', '\ufffd'))],
    failures: ['unusable/broken_text'],
    setAside: 1,
  },
  { name: 'one lost syllable', replies: [whole(STORY.replace('이', '\ufffd'))], says: /깨진 글자/ },
  {
    name: 'length',
    replies: [whole(STORY.slice(0, CUT + 5), { stopReason: 'length' }), whole(STORY.slice(CUT + 2))],
    text: STORY,
  },
  ...(
    [
      ['content_filter', 'unusable'],
      ['pause_turn', 'incomplete'],
      ['tool_use', 'incomplete'],
    ] as const
  ).map(
    ([stopReason, kind]): Case => ({
      name: `half a story and ${stopReason}`,
      replies: [whole(HALF, { stopReason })],
      failures: [`${kind}/${stopReason}`],
      setAside: 1,
    }),
  ),
  {
    name: 'two generations in one stream',
    replies: [raw(S, sse(...textBlock(HALF)).slice(0, -60), '\n\n', S, T, sse(delta('end_turn')))],
    text: STORY,
    says: /저장/,
  },
  ...[
    '이 이야기가 마음에 드셨나요? 수정이 필요하시면 말씀해 주세요.',
    '원하시면 뒷이야기를 이어서 써 드릴게요.',
    '**작가의 말:** 반전과 복선을 중심으로 쓴 소설입니다.',
    '분량: 공백 포함 약 3,500자입니다.',
    '(끝)',
  ].map(
    (note): Case => ({
      name: `a story above "${note.slice(0, 12)} …"`,
      replies: [whole(`${STORY}\n\n${note}`)],
      text: STORY,
    }),
  ),
  {
    name: 'a promise above a story',
    replies: [whole(`좋습니다. 말씀하신 소재로 써 보겠습니다.\n\n${STORY}`)],
    text: STORY,
  },
  ...['당신의 딸, 수진', '수진 올림', '[녹음 종료]', '오전 3시 14분'].map(
    (ending): Case => ({
      name: `a story that ends with ${ending}`,
      replies: [whole(`${STORY}\n\n${ending}`)],
      text: `${STORY}\n\n${ending}`,
    }),
  ),
  ...[
    ['a word', ` 나는 문을 ${'측 '.repeat(120)}열었다.`],
    ['a sentence', `\n\n${'문이 열렸다. '.repeat(150)}`],
    ['paragraphs', '\n\n문이 열렸다. 아무도 없었다.'.repeat(80)],
  ].map(
    ([what, loop]): Case => ({
      name: `a loop of ${what}`,
      replies: [whole(`${STORY}${loop}`)],
      failures: ['unusable/repetition'],
      setAside: 1,
    }),
  ),
  ...[
    '# 제목: 반품 구역',
    '# **제목: 반품 구역**',
    '# 제목\n\n반품 구역',
    '#반품 구역',
    '반품 구역\n===',
    '---\ntitle: 반품 구역\n---',
    '\u200b# 반품 구역',
  ].map(
    (title): Case => ({
      name: `the title ${JSON.stringify(title)}`,
      replies: [whole(`${title}\n\n${BODY}`)],
      text: STORY,
    }),
  ),
  {
    name: 'Chinese words all over',
    replies: [whole(STORY.replaceAll('선반', '走廊').replaceAll('상자', '钥匙').replaceAll('나는', '走廊'))],
    failures: ['unusable/foreign_script'],
    setAside: 1,
  },
  ...(
    [
      ['authentication_error', 78, 'fatal'],
      ['not_found_error', 78, 'fatal'],
      ['invalid_request_error', 78, 'fatal'],
      ['billing_error', 78, 'blocked'],
    ] as const
  ).map(
    ([type, exit, kind]): Case => ({
      name: `${type} as the first event of a 200`,
      replies: [raw(sse({ type: 'error', error: { type, message: 'no' } }))],
      exit,
      failures: [`${kind}/${type}`],
      stories: 0,
    }),
  ),
  {
    name: 'frames without event lines',
    replies: [raw(`${S}${T}${sse(delta('end_turn'))}`.replace(/^event: .*\n/gm, ''))],
    text: STORY,
  },
  {
    name: 'an error without an event line in the middle',
    replies: [raw(S, sse(...textBlock(HALF)), 'data: {"error":{"message":"upstream quota","code":"429"}}\n\n')],
    ...{ failures: ['transient/stream_event'], setAside: 1, says: /upstream quota/ },
  },
  {
    name: "a gateway's words for what the API behind it has refused",
    replies: [
      status(429, {
        error: {
          type: 'api_error',
          code: 'provider_response_error',
          message:
            'Error from provider(local,writer: 429): {"error":{"message":"You exceeded your current quota.","type":"insufficient_quota"}}\n    at qn (cli.js:1:2)',
        },
      }),
    ],
    ...{ exit: 78, failures: ['blocked/provider_response_error'], stories: 0, says: /^(?!.*cli\.js)/ },
  },
  {
    name: 'half a story with end_turn, of which no count is known',
    replies: [whole(STORY.slice(0, STORY.indexOf('.', 1300) - 2), { usage: { input_tokens: 0, output_tokens: 0 } })],
    ...{ tokens: null, says: /끝나지 않은/ },
  },
];

async function run(t: TestContext, { name, replies, env = {}, flags = ['--max-stories', '1'], ...expected }: Case) {
  const endpoint = await endpointFor(t, (_, index) => replies[index] ?? saved(index));
  const worker = startWorker(t, { flags, env: { ...settingsFor(endpoint), RETRY_BASE_SECONDS: '0.05', ...env } });
  const { exit = 0, failures = [], stories = 1, setAside = 0, text, tokens, says } = expected;
  assert.deepEqual(await worker.exited, { code: exit, signal: null }, `${name}\n${worker.stdout()}`);
  const records = worker.records();
  const failed = records.filter(({ event }) => event === 'attempt_failed').map(({ kind, code }) => `${kind}/${code}`);
  assert.deepEqual(failed, failures);
  const files = worker.files().filter((file) => file.endsWith('.md'));
  assert.equal(files.length, stories);
  const aside = join(worker.outputDir, '.set-aside');
  const kept = existsSync(aside) ? readdirSync(aside).filter((file) => file.endsWith('.md')).length : 0;
  assert.equal(kept, setAside);
  if (text !== undefined) {
    const story = readFileSync(join(worker.outputDir, files[0] ?? ''), 'utf8');
    assert.equal(story.replace(/^---\n[\s\S]*?\n---\n+/, '').trim(), text);
  }
  const last = records.at(-1);
  if (tokens === null) assert.equal(last?.stories_without_usage, 1);
  else if (tokens !== undefined) assert.equal((last?.tokens as { total_tokens?: number })?.total_tokens, tokens);
  if (says !== undefined) assert.match(worker.log(), says);
}

describe('the built worker takes rightly', { ...GUARD, concurrency: 2 }, () => {
  for (const each of CASES) test(each.name, (t) => run(t, each));
});
