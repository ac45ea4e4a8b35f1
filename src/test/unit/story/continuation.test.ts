import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../api/messages-client.js';
import { toUsage } from '../../../api/usage.js';
import { appendRest, cutBack, joinRest, lastCall, newDraft, restRequest } from '../../../story/continuation.js';
import { storyText } from '../../helpers/fakes.js';

const WHOLE = `# 반품 구역의 상자

새벽 세 시에 상자가 하나 돌아왔다. 나는 테이프를 뜯었다.

“여기 있는 거 맞죠?” 누가 물었다. 상자 안에서 나는 소리였다…

나는 대답하지 않았다! 대답하면 그쪽에서 문을 열 것 같았다. ‘아니요.’ 그렇게 적힌 쪽지를 넣고 다시 봉했다.

아침에 상자는 없었다.`;

/** What a model writes that was shown `kept` and goes on exactly there. */
const restAfter = (kept: string) => WHOLE.slice(kept.length).trimStart();

function cutAt(place: number) {
  const cut = cutBack(WHOLE.slice(0, place));
  assert.ok(cut !== null, `nothing to go on with at ${place}`);
  return cut;
}

test('a text that is cut anywhere below its first sentence is whole again with its rest', () => {
  const first = WHOLE.indexOf('나는 테이프') + 1;
  for (let place = first; place <= WHOLE.length; place++) {
    const cut = cutAt(place);
    assert.equal(joinRest(cut, restAfter(cut.kept)), WHOLE, `cut at ${place}: …${WHOLE.slice(place - 10, place)}`);
  }
});

const CUTS: [name: string, text: string, kept: string | null, gap: string][] = [
  ['in a word', '# 제목\n\n문이 열렸다. 나는 돌아보', '# 제목\n\n문이 열렸다.', ' '],
  ['in a paragraph of its own', '# 제목\n\n문이 열렸다.\n\n나는', '# 제목\n\n문이 열렸다.', '\n\n'],
  ['after a quotation', '# 제목\n\n“누구세요?”\n\n대답', '# 제목\n\n“누구세요?”', '\n\n'],
  ['in a quotation', '# 제목\n\n“들어오세요. 문은 열려', '# 제목\n\n“들어오세요.', ' '],
  ['right after a sentence', '# 제목\n\n문이 열렸다. 불이 꺼졌다.', '# 제목\n\n문이 열렸다.', ' '],
  ['before a quotation is closed', '# 제목\n\n문이 열렸다. “누구세요?', '# 제목\n\n문이 열렸다.', ' '],
  ['in the middle of an empty line', '# 제목\n\n문이 열렸다. 불이 꺼졌다.\n', '# 제목\n\n문이 열렸다.', ' '],
  ['after a number with a point', '# 제목\n\n문이 열렸다. 3.5', '# 제목\n\n문이 열렸다.', ' '],
  ['in its first sentence', '# 제목. 부제.\n\n문이 열', null, ''],
  ['in its title', '# 제목. 그리고', null, ''],
  ['nowhere, without a title', '문이 열렸다. 나는', '문이 열렸다.', ' '],
];

for (const [name, text, kept, gap] of CUTS) {
  test(`a text cut ${name} is taken back to ${kept === null ? 'nothing' : 'its last whole sentence'}`, () => {
    assert.deepEqual(cutBack(text), kept === null ? null : { kept, gap });
  });
}

const RESTS: [name: string, rest: string][] = [
  ['begins with the title once more', '# 제목\n\n나는 돌아보지 않았다.'],
  ['begins with its last sentence once more', '복도의 불이 켜지고 문이 열렸다. 나는 돌아보지 않았다.'],
  ['begins with its last sentence in another spacing', '복도의 불이 켜지고\n문이 열렸다.  나는 돌아보지 않았다.'],
  ['begins with an ellipsis', '… 나는 돌아보지 않았다.'],
  ['begins with empty lines', '\n나는 돌아보지 않았다.'],
  ['is the title, the last sentence and the rest', '# 제목\n\n복도의 불이 켜지고 문이 열렸다. 나는 돌아보지 않았다.'],
  ['begins with all of it, and goes on', '# 제목\n\n복도의 불이 켜지고 문이 열렸다. 나는 돌아보지 않았다.'],
];

for (const [name, rest] of RESTS) {
  test(`a rest that ${name} is joined without a repetition`, () => {
    const cut = { kept: '# 제목\n\n복도의 불이 켜지고 문이 열렸다.', gap: ' ' };
    assert.equal(joinRest(cut, rest), '# 제목\n\n복도의 불이 켜지고 문이 열렸다. 나는 돌아보지 않았다.');
  });
}

test('the space that stood between the two sentences stands there again', () => {
  const kept = '# 제목\n\n문이 열렸다.';
  assert.equal(joinRest({ kept, gap: '\n\n' }, '나는 돌아보았다.'), `${kept}\n\n나는 돌아보았다.`);
  assert.equal(joinRest({ kept, gap: ' ' }, '\n\n나는 돌아보았다.'), `${kept} 나는 돌아보았다.`);
});

test('few equal characters at the seam are no repetition', () => {
  const cut = { kept: '문이 열렸다. 문이 열렸다.', gap: ' ' };
  assert.equal(joinRest(cut, '열렸다. 그뿐이었다.'), '문이 열렸다. 문이 열렸다. 열렸다. 그뿐이었다.');
});

test('a model that begins the whole story anew has written the whole', () => {
  const text = storyText();
  const cut = cutBack(text.slice(0, 900));
  assert.ok(cut !== null);
  assert.equal(joinRest(cut, text), text);
});

const ANSWER: Answer = {
  text: WHOLE.slice(0, 60),
  stopReason: 'max_tokens',
  refusalCategory: null,
  usage: toUsage(100, 900),
  model: 'claude-sonnet-5-5',
  requestId: 'req_1',
  slowUntil: null,
};

const PROMPT = { system: '지침', user: '소재' };

test('the rest is asked for with what stands so far, and only of an answer that was cut off', () => {
  const asked = restRequest(PROMPT, ANSWER);
  assert.equal(asked?.prompt.system, '지침');
  assert.equal(asked?.prompt.user, '소재');
  assert.equal(asked?.prompt.rest?.written, asked?.cut.kept);
  assert.match(asked?.prompt.rest?.ask ?? '', /이어서 결말까지/);
  assert.equal(restRequest(PROMPT, { ...ANSWER, stopReason: 'end_turn' }), null);
  assert.equal(restRequest(PROMPT, { ...ANSWER, stopReason: 'refusal' }), null);
  assert.equal(restRequest(PROMPT, { ...ANSWER, text: '' }), null);
  assert.notEqual(restRequest(PROMPT, { ...ANSWER, stopReason: 'model_context_window_exceeded' }), null);
});

function drafted(rest: Partial<Answer>) {
  const first = newDraft({ answer: ANSWER, costUsd: 0.01, generationMs: 1000 });
  const asked = restRequest(PROMPT, first.answer);
  assert.ok(asked !== null);
  const answer: Answer = { ...ANSWER, text: restAfter(asked.cut.kept), stopReason: 'end_turn', ...rest };
  return appendRest(first, 'part_1', asked.cut, { answer, costUsd: answer.usage && 0.02, generationMs: 500 });
}

test('two answers make one draft: text, usage, cost and time together, the rest of the last', () => {
  const draft = drafted({ usage: toUsage(300, 200), requestId: 'req_2' });
  assert.equal(draft.answer.text, WHOLE);
  assert.deepEqual(draft.answer.usage, toUsage(400, 1100));
  assert.deepEqual([draft.costUsd, draft.generationMs, draft.part], [0.03, 1500, 'part_1']);
  assert.deepEqual([draft.answer.requestId, draft.answer.stopReason], ['req_2', 'end_turn']);
  assert.deepEqual(lastCall(draft).usage, toUsage(300, 200));
  assert.deepEqual(
    draft.calls.map(({ request_id, stop_reason }) => [request_id, stop_reason]),
    [
      ['req_1', 'max_tokens'],
      ['req_2', 'end_turn'],
    ],
  );
});

test('what one of the calls used is unknown, so what the story used is', () => {
  const draft = drafted({ usage: null });
  assert.deepEqual([draft.answer.usage, draft.costUsd], [null, null]);
});

test('a rest that says nothing leaves the story cut off', () => {
  assert.equal(drafted({ text: ' \n' }).answer.stopReason, 'max_tokens');
});
