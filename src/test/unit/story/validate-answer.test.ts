import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Usage } from '../../../api/usage.js';
import { readAnswer } from '../../../story/read-answer.js';
import { validateAnswer } from '../../../story/validate-answer.js';
import { storyText } from '../../helpers/fakes.js';

interface Judged {
  text?: string;
  stopReason?: string | null;
  refusalCategory?: string | null;
  usage?: Usage | null;
}

function judge(answer: Judged, minCharacters = 1000) {
  const { text, ...stopped } = { text: storyText(), stopReason: 'end_turn', refusalCategory: null, ...answer };
  return validateAnswer(stopped, readAnswer(text), { minCharacters });
}

const verdictOn = (answer: Judged, minCharacters = 1000) => judge(answer, minCharacters).failure;

test('a whole text that is long enough is a story', () => {
  assert.equal(verdictOn({}), null);
  assert.equal(verdictOn({ stopReason: 'stop_sequence' }), null);
});

test('an endpoint that gives no stop reason can still write a story', () => {
  assert.equal(verdictOn({ stopReason: null }), null);
});

const TABLE: [name: string, answer: Judged, kind: string, code: string, words: RegExp][] = [
  ['a refusal', { stopReason: 'refusal', text: '' }, 'unusable', 'refusal:unnamed', /거절/],
  ['a refusal with a category', { stopReason: 'refusal', refusalCategory: 'bio' }, 'unusable', 'refusal:bio', /bio/],
  ['a text cut at max_tokens', { stopReason: 'max_tokens' }, 'incomplete', 'max_tokens', /잘렸습니다/],
  [
    'a text cut at the context window',
    { stopReason: 'model_context_window_exceeded' },
    'incomplete',
    'model_context_window_exceeded',
    /잘렸습니다/,
  ],
  [
    'a model that thought until its tokens were gone',
    { stopReason: 'max_tokens', text: '' },
    'incomplete',
    'max_tokens',
    /0자/,
  ],
  ['no text', { text: '' }, 'unusable', 'empty', /글이 없습니다/],
  ['nothing but space', { text: ' \n\n\t ' }, 'unusable', 'empty', /글이 없습니다/],
  ['a text far too short', { text: '# 창고\n\n짧다.' }, 'unusable', 'too_short', /9자, 최소 1,000자/],
];

for (const [name, answer, kind, code, words] of TABLE) {
  test(`${name} is ${kind}`, () => {
    const failure = verdictOn(answer);
    assert.equal(failure?.kind, kind);
    assert.equal(failure?.code, code);
    assert.match(failure?.reason ?? '', words);
    assert.equal(failure?.retryAfterMs, null);
  });
}

test('a cut text says which setting to raise', () => {
  assert.match(verdictOn({ stopReason: 'max_tokens' })?.advice ?? '', /MAX_TOKENS/);
});

test('the shortest story is counted in code points, without the space around it', () => {
  const text = storyText({ characters: 1200 }).slice(0, 500);
  assert.equal(verdictOn({ text: `\n${text}${'👻 '.repeat(249)}👻.\n` }), null);
  assert.equal(verdictOn({ text: `${text}${'👻 '.repeat(249)}.\n\n` })?.code, 'too_short');
});

test('with no least length every text counts, and no text still does not', () => {
  assert.equal(verdictOn({ text: '문이 닫혔다.' }, 0), null);
  assert.equal(verdictOn({ text: '' }, 0)?.code, 'empty');
});

const BODY = storyText({ title: '반품 구역' });
/** The same story with another last paragraph. */
const endingWith = (last: string) => `${BODY}\n\n${last}`;
const PARAGRAPH =
  '나는 상자를 내려놓고 송장을 다시 읽었다. 받는 사람의 이름은 내 이름이었고, 보낸 날짜는 아직 오지 않은 날이었다. 테이프를 뜯자 안쪽에서 누가 숨을 들이쉬었다.';

const GATE: [name: string, text: string, code: string | null][] = [
  ['a whole story', BODY, null],
  ['one that ends with a quotation', endingWith('“이제 네 차례야.”'), null],
  ['one that ends in a single quotation mark', endingWith("'거기 있었구나.'"), null],
  ['one that ends with an ellipsis', endingWith('그리고 문이 열렸다…'), null],
  ['one that ends with a question', endingWith('그 목소리는 누구의 것이었을까?'), null],
  ['one that ends with a dash', endingWith('내가 마지막으로 들은 것은—'), null],
  ['one whose last sentence has no full stop', endingWith('문은 처음부터 열려 있었다'), null],
  ['one that ends in emphasis', endingWith('*나는 아직 여기 있다.*'), null],
  ['one that ends in brackets', endingWith('(그날 이후로 상자는 오지 않았다.)'), null],
  ['one with English words on a screen', endingWith('화면에는 NO SIGNAL이라고 떠 있었다. 나는 불을 껐다.'), null],
  ['one whose short line comes back', endingWith('똑똑.\n\n똑똑.\n\n나는 대답하지 않았다.'), null],
  ['one without a heading', BODY.replace('# 반품 구역\n\n', ''), null],
  ['one with a rule above its title', `---\n\n${BODY}`, null],
  [
    'English',
    `# The Returns\n\n${'The box was warm. I put it down and read the label again. '.repeat(30)}`,
    'not_korean',
  ],
  ['half English', `${BODY}\n\n${'I opened the box and the box was breathing in the dark. '.repeat(25)}`, 'not_korean'],
  ['Japanese', `# 返品\n\n${'箱は温かかった。私はそれを置いてもう一度ラベルを読んだ。'.repeat(40)}`, 'not_korean'],
  ['numbers alone', '1234567890. '.repeat(120), 'not_korean'],
  ['a title alone', '# 반품 구역', 'too_short'],
  ['an apology', '죄송하지만 그런 내용은 쓸 수 없습니다.', 'refusal:in_words'],
  ['a plan of a story', '# 반품 구역\n\n- 도입: 상자가 온다.\n- 반전: 내 이름이다.', 'too_short'],
  ['a paragraph twice', `${BODY}\n\n${PARAGRAPH}\n\n${PARAGRAPH}`, 'repetition'],
  ['the whole story twice', `${BODY}\n\n${BODY.slice(8)}`, 'repetition'],
];

for (const [name, text, code] of GATE) {
  test(`${name} ${code === null ? 'passes' : `is set aside as ${code}`}`, () => {
    assert.equal(verdictOn({ text })?.code ?? null, code);
  });
}

test('a paragraph that comes back once, later, may be a frame: a doubt, and no loop', () => {
  const { failure, doubts } = judge({ text: `# 반품\n\n${PARAGRAPH}\n\n${BODY.slice(8)}\n\n${PARAGRAPH}` });
  assert.equal(failure, null);
  assert.deepEqual(
    doubts.map(({ code }) => code),
    ['repetition'],
  );
});

const BROKEN_OFF: [name: string, text: string][] = [
  ['one cut in a word', endingWith('나는 손잡이를 돌리려고 했지'.slice(0, -1))],
  ['one cut after a particle', endingWith('나는 문을')],
  ['one cut after a comma', endingWith('문을 열자,')],
  ['one cut after a connective', endingWith('불을 켰지만')],
  ['one cut inside a quotation', endingWith('“너는 왜 아직도')],
  ['one cut after a heading', endingWith('## 3')],
  ['one cut after a number', endingWith('시계는 새벽 3')],
  ['one cut after a colon', endingWith('송장에는 이렇게 적혀 있었다:')],
];

for (const [name, text] of BROKEN_OFF) {
  test(`${name} is set aside when the model has not said that it is done, and else a story`, () => {
    assert.equal(verdictOn({ text, stopReason: null })?.code, 'no_ending');
    assert.equal(verdictOn({ text, stopReason: 'something_new' })?.code, 'no_ending');
    assert.equal(verdictOn({ text }), null);
  });
}

test('without a count of tokens a last line that may break off is a doubt, whatever the model has said', () => {
  const codes = (answer: Judged) => judge(answer).doubts.map(({ code }) => code);
  for (const text of [endingWith('나는 문을'), endingWith('그리고 열리는 문')]) {
    assert.deepEqual(codes({ text, usage: null }), ['unfinished_sentence']);
    assert.equal(verdictOn({ text, usage: null }), null);
    assert.deepEqual(codes({ text }), []);
  }
  assert.deepEqual(codes({ usage: null }), []);
});

const SURROUNDED: [name: string, text: string][] = [
  ['a promise before the story', `물론입니다. 말씀하신 소재로 써 보겠습니다.\n\n${BODY}`],
  ['an acknowledgement before the story', `네, 알겠습니다.\n\n${BODY}`],
  ['an English preface', `Sure! Here is the story you asked for:\n\n${BODY}`],
  ['a preface below the title', BODY.replace('\n\n', '\n\n다음은 요청하신 소재로 쓴 단편 소설입니다.\n\n')],
  ['a preface without a title', `요청하신 이야기입니다.\n\n${BODY.replace('# 반품 구역\n\n', '')}`],
  ['a count of characters after the story', endingWith('(총 글자 수: 3,512자)')],
  ['a bare count after the story', endingWith('약 3,500자')],
  ['a commentary after the story', endingWith('이 소설은 기억에 대한 두려움을 중심으로 구성했습니다.')],
  ['an offer after the story', endingWith('마음에 드시지 않으면 다시 쓰겠습니다.')],
];

for (const [name, text] of SURROUNDED) {
  test(`${name} is taken away`, () => {
    const read = readAnswer(text);
    assert.equal(read.text.replace(/^# .*\n\n/, ''), BODY.replace(/^# .*\n\n/, ''));
    assert.equal(read.removed.length, 1);
    assert.equal(verdictOn({ text }), null);
  });
}
