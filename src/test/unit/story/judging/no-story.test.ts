import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readAnswer } from '../../../../story/read-answer.js';
import { validateAnswer } from '../../../../story/validate-answer.js';
import { storyOf } from '../../../helpers/stories/readings.js';

const { title, body } = storyOf('prose', 3);
const STORY = `# ${title}\n\n${body}`;
const LETTER = storyOf('letter', 3);
const times = (n: number, text: string) => text.repeat(n);
const withEnd = (text: string) => `${STORY}\n\n${text}`;

function judge(text: string, stopReason: string | null = 'end_turn') {
  const read = readAnswer(text);
  const { failure, doubts } = validateAnswer({ stopReason, refusalCategory: null }, read, { minCharacters: 1000 });
  return { code: failure?.code ?? null, kind: failure?.kind ?? null, doubts: doubts.map(({ code }) => code).join(' ') };
}

const NO_STORIES: [name: string, text: string, code: string][] = [
  ['a short refusal', '죄송하지만 요청하신 내용은 작성해 드릴 수 없습니다.', 'refusal:in_words'],
  [
    'a refusal without an apology',
    '이 소재로는 글을 쓰기 어렵습니다. 실존 인물이 등장하는 폭력적인 내용이기 때문입니다. 다른 방향을 말씀해 주세요.',
    'refusal:in_words',
  ],
  [
    'a refusal with alternatives',
    '죄송합니다. 말씀하신 소재에는 자해를 자세히 그리는 부분이 있어 그대로는 쓸 수 없습니다.\n\n대신 이런 방향은 어떨까요?\n\n- 불안을 사물로 드러내는 이야기\n- 오래된 병원의 심리 공포\n\n원하시는 방향을 알려 주시면 그에 맞춰 작성해 드리겠습니다.',
    'refusal:in_words',
  ],
  [
    'a refusal over many paragraphs',
    `이 요청은 도와드리기 어렵습니다. 실제 사건의 유족에게 상처가 될 수 있는 내용입니다.\n\n${times(5, '대신 가상의 인물과 장소를 바탕으로 한 이야기라면 안전한 범위에서 도와드릴 수 있습니다. 폭력을 직접 묘사하지 않고 분위기로 긴장을 쌓는 방식도 좋은 대안입니다. 원하시는 방향을 말씀해 주세요.\n\n')}`,
    'refusal:in_words',
  ],
  [
    'an English refusal',
    "I'm sorry, but I can't help with that request. I can write a different story instead.",
    'refusal:in_words',
  ],
  [
    'an answer in English',
    `# The Key\n\n${times(40, 'The key was cold in my hand, and the wall behind me was breathing. ')}`,
    'not_korean',
  ],
  ['an answer in Japanese', `# 鍵\n\n${times(60, '鍵は冷たかった。壁が息をしていた。')}`, 'not_korean'],
  [
    'a story that turns into English',
    `${STORY}\n\n${times(30, 'I opened the box and the box was breathing in the dark. ')}`,
    'not_korean',
  ],
  [
    'a plan by chapters',
    `# ${title}\n\n${times(4, '## 1장. 발견\n- 도윤이 열쇠를 발견한다\n- 꼬리표의 번호가 존재하지 않는다\n- 복선: 글씨체\n\n## 2장. 추적\n- 벽 앞의 자국\n- 목소리\n\n## 결말\n- 자신을 유실물로 등록한다\n\n')}`,
    'outline',
  ],
  [
    'a list of points',
    times(
      25,
      '- 주인공이 창고에서 상자를 발견함\n- 상자에 자신의 이름이 적혀 있음\n- 전화가 울리고 자신의 목소리가 들림\n',
    ),
    'outline',
  ],
  [
    'a character sheet',
    times(
      6,
      '**이름:** 김도윤\n**나이:** 34세\n**직업:** 유실물 담당\n**성격:** 말이 없고 꼼꼼함\n**비밀:** 육 년 전의 기억이 없음\n\n',
    ),
    'outline',
  ],
  [
    'an outline in a table',
    `| 단계 | 내용 |\n| --- | --- |\n${times(10, '| 발단 | 유실물 창구에 열쇠가 들어온다 |\n| 절정 | 대장에서 제 이름을 발견한다 |\n| 결말 | 스스로를 등록한다 |\n')}`,
    'outline',
  ],
  [
    'a synopsis',
    times(
      6,
      '이 소설은 유실물 창구의 담당자를 주인공으로 한 심리 호러 단편이다. 도입에서 열쇠라는 소재가 복선으로 제시되고, 중반의 반전을 거쳐 결말에서는 정체가 드러나는 구성이다.\n\n',
    ),
    'outline',
  ],
  [
    'questions back',
    '좋은 소재입니다. 쓰기 전에 몇 가지 여쭙겠습니다.\n\n1. 주인공의 나이와 성별은 어떻게 할까요?\n2. 결말은 열어 둘까요, 닫을까요?\n3. 공포의 수위는 어느 정도를 원하시나요?\n4. 시점은 1인칭이 좋을까요?\n\n답해 주시면 바로 단편을 작성해 드리겠습니다.',
    'talk',
  ],
  [
    'a report of what will be done',
    times(
      8,
      '요청하신 소재를 바탕으로 이야기를 구성해 보았습니다. 주인공은 유실물 담당자로 설정했고 결말은 여운을 남기도록 준비했습니다. 원하시면 본문을 작성해 드리겠습니다.\n\n',
    ),
    'talk',
  ],
  ['a loop of one word', withEnd(`나는 문을 ${times(120, '측 ')}열었다.`), 'repetition'],
  ['a loop of a word with its full stop', withEnd(times(60, '계속. ')), 'repetition'],
  ['a loop of a syllable', withEnd(times(300, '아')), 'repetition'],
  ['a loop of two syllables', withEnd(times(200, '뚝뚝')), 'repetition'],
  [
    'a loop of a phrase within a sentence',
    withEnd(`나는 ${times(40, '다시 문을 열고 안을 들여다보고 ')}서 있었다.`),
    'repetition',
  ],
  ['a loop of a sentence', withEnd(times(150, '문이 열렸다. ')), 'repetition'],
  ['a loop of lines', withEnd(times(50, '그리고 나는 문을 열었다.\n')), 'repetition'],
  ['a loop of short paragraphs', withEnd(times(80, '문이 열렸다. 아무도 없었다.\n\n')), 'repetition'],
  [
    'a loop of two paragraphs',
    withEnd(times(14, '나는 창구로 돌아왔다. 대장에는 내 이름이 있었다.\n\n전화가 울렸다. 내 목소리였다.\n\n')),
    'repetition',
  ],
  ['a long paragraph twice in a row', withEnd(`${body.split('\n\n')[3]}\n\n${body.split('\n\n')[3]}`), 'repetition'],
  ['the whole story twice', `${STORY}\n\n${body}`, 'repetition'],
  ['half of the story again', `${STORY}\n\n${body.slice(0, body.length / 2)}`, 'repetition'],
  ['syllables lost all over', STORY.replaceAll('나는 ', '나\ufffd\ufffd\ufffd '), 'broken_text'],
  ['syllables taken apart', withEnd(times(30, 'ㄴㅏㄴㅡㄴ ㅁㅜㄴㅇㅡㄹ ')), 'broken_text'],
  ['bytes read as another encoding', withEnd(times(6, 'ë¬¸ì´ ì´ë ¸ë¤ ')), 'broken_text'],
  ['escapes that were never resolved', withEnd(times(6, '\\ub098\\ub294 문을 ')), 'broken_text'],
  [
    'Chinese words all over',
    STORY.replaceAll('열쇠', '钥匙').replaceAll('보관함', '保管箱').replaceAll('벽', '墙壁').replaceAll('이름', '名字'),
    'foreign_script',
  ],
  ['Russian words all over', STORY.replaceAll('손', 'ладонь').replaceAll('벽', 'стена'), 'foreign_script'],
  ['Japanese words all over', STORY.replaceAll('나는 ', 'わたしは '), 'foreign_script'],
  ['a story far too short', '# 열쇠\n\n문이 열렸다. 아무도 없었다.', 'too_short'],
  ['nothing but thinking', `<think>\n${times(60, '열쇠로 시작할까. 아니면 벽으로 할까. ')}`, 'empty'],
];

for (const [name, text, code] of NO_STORIES) {
  test(`${name} is no story`, () => assert.equal(judge(text).code, code));
}

const DOUBTED: [name: string, text: string, doubt: string][] = [
  ['a lost syllable', STORY.replace('나는 ', '나\ufffd\ufffd '), 'broken_characters'],
  ['a Chinese letter', STORY.replace('문', '門'), 'foreign_letters'],
  ['a Russian word', STORY.replace('손', 'ладонь'), 'foreign_letters'],
  ['a word fifteen times in a row', withEnd(`${times(15, '아니야 ')}그가 말했다.`), 'repetition'],
  ['a sentence six times in a row', withEnd(times(6, '나는 문을 열었다. ')), 'repetition'],
  ['a long paragraph that comes back as the last one', withEnd(body.split('\n\n')[0] ?? ''), 'repetition'],
  [
    'a last sentence that breaks off after twenty letters and more',
    withEnd('나는 창구의 불을 끄고 돌아서서 열쇠가 걸린 벽 쪽으로 손을'),
    'unfinished_sentence',
  ],
  ['a quotation that is never closed', withEnd('그가 마지막으로 물었다. “너는 아직도'), 'unfinished_sentence'],
];

test('a long text that begins as a refusal does may be a letter: a doubt', () => {
  const letters = ['rules', 'radio'].map((form) => storyOf(form).body).join('\n\n');
  const text = `죄송합니다. 요청하신 대로는 더 쓸 수 없습니다. 안전을 위해 폭력과 자해에 대한 내용은 대신 비워 둡니다.\n\n${letters}`;
  assert.deepEqual(judge(text), { code: null, kind: null, doubts: 'unclear_preface refusal' });
});

for (const [name, text, doubt] of DOUBTED) {
  test(`${name} is a doubt, and no reason to refuse`, () => {
    assert.deepEqual(judge(text), { code: null, kind: null, doubts: doubt });
  });
}

const LITERATURE: [name: string, text: string][] = [
  ['a knock three times', withEnd('똑.\n\n똑.\n\n똑.\n\n나는 대답하지 않았다.')],
  ['a name called four times', withEnd('“도윤아.”\n\n“도윤아.”\n\n“도윤아.”\n\n“도윤아.”\n\n벽이 대답했다.')],
  ['a cry', withEnd('아아아아아아아아아아아.')],
  ['laughter in a chat', withEnd(times(60, 'ㅋ'))],
  [
    'a chorus between the paragraphs',
    STORY.replaceAll('.\n\n', '.\n\n자장자장 우리 아기\n잘도 잔다 우리 아기\n앞집 개야 짖지 마라\n\n'),
  ],
  ['one short sentence after every paragraph', STORY.replaceAll('.\n\n', '. 나는 세었다.\n\n')],
  ['a command four times', withEnd('열지 마. 열지 마. 열지 마. 열지 마.\n\n나는 열었다.')],
  ['counting', withEnd('하나. 둘. 셋. 넷. 다섯. 여섯. 일곱. 여덟. 아홉. 열.')],
  ['Chinese letters in brackets', STORY.replace('유실물', '유실물(遺失物)')],
  ['English words on a screen', withEnd('화면에는 NO SIGNAL이라고 떠 있었다. 나는 불을 껐다.')],
  ['rules of a house', `# ${storyOf('rules').title}\n\n${storyOf('rules').body}`],
  [
    'a letter that says that it cannot go on',
    `# ${LETTER.title}\n\n미안합니다. 더는 쓸 수 없습니다. 손이 말을 듣지 않습니다.\n\n${LETTER.body}`,
  ],
  [
    'a writer who speaks of endings',
    withEnd('나는 소설의 결말을 다시 고쳤다. 독자는 아무도 없었다. 반전은 내가 아직 쓰지 않았다는 것이었다.'),
  ],
];

for (const [name, text] of LITERATURE) {
  test(`${name} is literature`, () => assert.deepEqual(judge(text), { code: null, kind: null, doubts: '' }));
}

const STOPS: [stopReason: string | null, code: string | null, kind: string | null, doubts: string][] = [
  ['end_turn', null, null, ''],
  ['stop_sequence', null, null, 'stop_reason'],
  ['stop', null, null, ''],
  ['STOP', null, null, ''],
  ['eos', null, null, ''],
  [null, null, null, ''],
  ['length', 'length', 'incomplete', ''],
  ['MAX_TOKENS', 'MAX_TOKENS', 'incomplete', ''],
  ['max_tokens', 'max_tokens', 'incomplete', ''],
  ['model_context_window_exceeded', 'model_context_window_exceeded', 'incomplete', ''],
  ['content_filter', 'content_filter', 'unusable', ''],
  ['SAFETY', 'SAFETY', 'unusable', ''],
  ['pause_turn', 'pause_turn', 'incomplete', ''],
  ['tool_use', 'tool_use', 'incomplete', ''],
  ['tool_calls', 'tool_calls', 'incomplete', ''],
  ['refusal', 'refusal:unnamed', 'unusable', ''],
  ['something_new', null, null, 'stop_reason'],
];

for (const [stopReason, code, kind, doubts] of STOPS) {
  test(`a whole text that stopped with ${stopReason} is ${code === null ? 'a story' : 'none'}`, () => {
    assert.deepEqual(judge(STORY, stopReason), { code, kind, doubts });
  });
}

test('without a stop reason a last line that says nothing either way is a doubt', () => {
  assert.deepEqual(judge(withEnd('그리고 열리는 문'), null), { code: null, kind: null, doubts: 'unfinished_sentence' });
});

test('every failure and every doubt is told in Korean, with what was found', () => {
  const read = readAnswer(withEnd(times(120, '측 ')));
  const { failure } = validateAnswer({ stopReason: 'end_turn', refusalCategory: null }, read, { minCharacters: 1000 });
  assert.equal(failure?.reason, '같은 말이 되풀이됩니다 ("측" 120번 이어짐)');
});
