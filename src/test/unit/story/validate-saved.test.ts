import assert from 'node:assert/strict';
import { test } from 'node:test';
import { validateSaved } from '../../../story/validate-saved.js';
import { storyOf } from '../../helpers/stories/readings.js';

const { title, body } = storyOf('prose', 3);
const STORY = `# ${title}\n\n${body}`;
const [FIRST = ''] = body.split('\n\n');

function judge(text: string, { stopReason = 'end_turn' as string | null, recorded = null as string[] | null } = {}) {
  const { failure, doubts } = validateSaved(text, { stopReason, recorded, minCharacters: 1000 });
  return { code: failure?.code ?? null, doubts: doubts.map(({ code }) => code) };
}

test('a whole story is one, whichever version saved it', () => {
  assert.deepEqual(judge(STORY), { code: null, doubts: [] });
  assert.deepEqual(judge(STORY, { recorded: [] }), { code: null, doubts: [] });
});

// What version 1 accepted: at most a doubt today.
const OLD_STORIES: [name: string, text: string, stopReason: string | null, doubts: string[]][] = [
  ['with chatter at its end', `${STORY}\n\n원하시면 뒷이야기를 이어서 써 드릴게요.`, 'end_turn', ['surroundings']],
  ['with an end marker', `${STORY}\n\n(끝.)`, 'end_turn', ['surroundings']],
  ['with the reasoning in it', `사용자는 호러를 원한다.\n</think>\n\n${body}`, 'end_turn', ['surroundings']],
  ['that was cut by a gateway', STORY, 'length', ['stop_reason']],
  ['that an output filter cut', STORY, 'content_filter', ['stop_reason']],
  ['with a stop reason of its own', STORY, 'something_new', ['stop_reason']],
  ['with lost syllables', STORY.replaceAll('나는 ', '나\ufffd '), 'end_turn', ['broken_characters']],
  ['with a loop of a word', `${STORY}\n\n${'측 '.repeat(120)}닫혔다.`, 'end_turn', ['repetition']],
  [
    'with Chinese words all over',
    STORY.replaceAll('열쇠', '钥匙').replaceAll('벽', '墙壁'),
    'end_turn',
    ['foreign_letters'],
  ],
  ['that ends in a quotation without a stop reason', `${STORY}\n\n“거기 있…`, null, ['unfinished_sentence']],
];

for (const [name, text, stopReason, doubts] of OLD_STORIES) {
  test(`a story of version 1 ${name} is one with a doubt`, () => {
    assert.deepEqual(judge(text, { stopReason }), { code: null, doubts });
  });
}

// What version 1 refused as well: somebody put it there.
const NEVER_STORIES: [name: string, text: string, stopReason: string | null, code: string][] = [
  ['a text far too short', '# 열쇠\n\n문이 열렸다.', 'end_turn', 'too_short'],
  ['a text in English', 'The key was cold in my hand. '.repeat(60), 'end_turn', 'not_korean'],
  ['a text that was cut at the limit', STORY, 'max_tokens', 'max_tokens'],
  ['a text with a paragraph twice in a row', `${STORY}\n\n${FIRST}\n\n${FIRST}`, 'end_turn', 'repetition'],
  ['a refusal', STORY, 'refusal', 'refusal:unnamed'],
];

for (const [name, text, stopReason, code] of NEVER_STORIES) {
  test(`${name} is no story, in a folder of version 1 either`, () => {
    assert.equal(judge(text, { stopReason }).code, code);
    assert.equal(judge(text, { stopReason, recorded: [] }).code, code);
  });
}

test('what this version saves is judged by the rules for answers', () => {
  const looping = `${STORY}\n\n${'측 '.repeat(120)}닫혔다.`;
  assert.equal(judge(looping, { recorded: [] }).code, 'repetition');
});

test('talk and a broken end that came into a saved story later are told from those that were doubted', () => {
  const talking = `물론입니다! 소설을 써 드리겠습니다.\n\n${STORY}`;
  assert.equal(judge(talking, { recorded: [] }).code, 'changed');
  assert.equal(judge(talking, { recorded: ['unclear_preface'] }).code, null);
  const broken = `${STORY}\n\n나는 창구의 불을 끄고 돌아서서 열쇠가 걸린 벽 쪽으로 손을`;
  assert.equal(judge(broken, { recorded: [] }).code, 'changed');
  assert.equal(judge(broken, { recorded: ['unfinished_sentence'] }).code, null);
});
