import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Answer } from '../../../api/messages-client.js';
import { appendRest, newDraft, restRequest, validateDraft } from '../../../story/continuation.js';
import { storyOf } from '../../helpers/stories/readings.js';
import type { SampleStory } from '../../helpers/stories/sample-stories.js';

const PROSE = storyOf('prose', 3);
const LETTER = storyOf('letter', 3);

const answerOf = (text: string, stopReason: string): Answer => ({
  ...{ text, stopReason: stopReason as Answer['stopReason'], refusalCategory: null, usage: null, model: null },
  ...{ requestId: null, slowUntil: null },
});

/** A draft of a story that was cut in the middle of a sentence, and went on with whatever `rest` makes of the rest. */
function continued(
  { title, body }: SampleStory,
  rest: (text: string) => string,
  { first = (text: string) => text, stopReason = 'end_turn', cutBy = 'max_tokens', share = 0.5 } = {},
) {
  const whole = `# ${title}\n\n${body}`;
  const at = whole.indexOf('.', whole.length * share) + 12;
  const draft = newDraft({ answer: answerOf(first(whole.slice(0, at)), cutBy), costUsd: null, generationMs: 1 });
  const asked = restRequest({ system: '', user: '' }, draft.answer);
  assert.ok(asked !== null, 'there is nothing to go on with');
  const missing = whole.slice(asked.cut.kept.length).trimStart();
  const answer = answerOf(rest(missing), stopReason);
  return { whole, draft: appendRest(draft, 'part_1', asked.cut, { answer, costUsd: null, generationMs: 1 }) };
}

const kinds = (draft: { read: { removed: readonly { what: string; where: string }[] } }) =>
  draft.read.removed.map(({ what, where }) => `${what}@${where}`).join(' ');

const SEAMS: [name: string, rest: (text: string, title: string) => string, removed: string][] = [
  ['goes on', (text) => text, ''],
  ['says that it goes on', (text) => `네, 이어서 쓰겠습니다.\n\n${text}`, 'talk@inside'],
  ['says so in the same paragraph', (text) => `네, 이어서 쓰겠습니다. ${text}`, 'talk@inside'],
  ['says so in other words', (text) => `끊긴 부분부터 마저 작성해 드릴게요.\n\n${text}`, 'talk@inside'],
  ['says so and draws a rule', (text) => `이어지는 내용입니다.\n\n---\n\n${text}`, 'talk@inside rule@inside'],
  ['says so in English', (text) => `Continuing from where we left off:\n\n${text}`, 'talk@inside'],
  ['names the title again', (text, title) => `# ${title}\n\n${text}`, 'title@inside'],
  ['names the title as continued', (text, title) => `# ${title} (계속)\n\n${text}`, 'title@inside'],
  ['names the title as a second part', (text, title) => `## ${title} - 2부\n\n${text}`, 'title@inside'],
  ['names the title in bold', (text, title) => `**${title}** (이어서)\n\n${text}`, 'title@inside'],
  ['is marked as a continuation', (text) => `(계속)\n\n${text}`, 'label@inside'],
  ['is marked in brackets', (text) => `[앞부분에서 이어짐]\n\n${text}`, 'label@inside'],
  ['thinks first', (text) => `<think>\n어디까지 썼더라\n</think>\n\n${text}`, 'reasoning@inside'],
  ['thinks first and only closes the tag', (text) => `여기서 결말로 간다.\n</think>\n\n${text}`, 'reasoning@inside'],
  ['stands in a fence', (text) => `\`\`\`\n${text}\n\`\`\``, 'fence@inside'],
  ['ends with a marker', (text) => `${text}\n\n(끝)`, 'end_marker@after'],
  ['ends with an offer', (text) => `${text}\n\n마음에 드시면 다른 결말도 써 드리겠습니다.`, 'talk@after'],
  [
    'has all of that at once',
    (text, title) =>
      `<think>결말</think>\n네, 이어서 작성하겠습니다.\n\n# ${title} (계속)\n\n${text}\n\n— 끝 —\n\n태그: 역, 열쇠`,
    'reasoning@inside talk@inside title@inside end_marker@after tags@after',
  ],
];

for (const [name, rest, removed] of SEAMS) {
  test(`the seam is clean when the rest ${name}`, () => {
    const { whole, draft } = continued(PROSE, (text) => rest(text, PROSE.title));
    assert.equal(draft.read.text, whole);
    assert.equal(kinds(draft), removed);
    assert.deepEqual(draft.read.doubts, []);
    assert.deepEqual(validateDraft(draft, { minCharacters: 1000 }), { failure: null, doubts: [] });
  });
}

test('a letter goes on with its own polite words, whatever they are', () => {
  const { whole, draft } = continued(LETTER, (text) => text);
  assert.equal(draft.read.text, whole);
  const talking = continued(LETTER, (text) => `네, 끊긴 곳부터 이어서 쓰겠습니다.\n\n${text}`);
  assert.equal(talking.draft.read.text, whole);
  assert.equal(kinds(talking.draft), 'talk@inside');
});

const FIRSTS: [name: string, first: (text: string) => string, removed: string][] = [
  ['thinks first', (text) => `<think>\n열쇠로 시작하자.\n</think>\n\n${text}`, 'reasoning@before'],
  ['stands in a fence that the cut left open', (text) => `\`\`\`markdown\n${text}`, 'fence@around'],
  ['begins with talk', (text) => `물론입니다! 요청하신 단편입니다.\n\n${text}`, 'talk@before'],
];

for (const [name, first, removed] of FIRSTS) {
  test(`the model goes on from the story alone when its first answer ${name}`, () => {
    const { whole, draft } = continued(PROSE, (text) => text, { first });
    assert.equal(draft.read.text, whole);
    assert.equal(kinds(draft), removed);
  });
}

test('a fence that the first answer opens and the rest closes is gone', () => {
  const first = (text: string) => `\`\`\`\n${text}`;
  const { whole, draft } = continued(PROSE, (text) => `${text}\n\`\`\``, { first });
  assert.equal(draft.read.text, whole);
});

test('notes that began before the cut are taken away with those of the rest', () => {
  const first = () =>
    `# ${PROSE.title}\n\n${PROSE.body}\n\n## 작가의 말\n\n이 이야기는 복선을 글씨체에 두고 구성했습니다. 반전은`;
  const draft = newDraft({ answer: answerOf(first(), 'max_tokens'), costUsd: null, generationMs: 1 });
  const asked = restRequest({ system: '', user: '' }, draft.answer);
  assert.ok(asked !== null);
  const rest = answerOf('반전은 사원증이며 결말은 여운을 남기도록 표현했습니다.', 'end_turn');
  const joined = appendRest(draft, 'part_1', asked.cut, { answer: rest, costUsd: null, generationMs: 1 });
  assert.equal(joined.read.text, `# ${PROSE.title}\n\n${PROSE.body}`);
  assert.equal(kinds(joined), 'talk@inside note@after');
});

test('a model that was cut by "length" is asked for its rest too', () => {
  const { whole, draft } = continued(PROSE, (text) => text, { cutBy: 'length' });
  assert.equal(draft.read.text, whole);
  assert.equal(validateDraft(draft, { minCharacters: 1000 }).failure, null);
});

test('a rest that is cut off again is gone on with, and its end is no end', () => {
  const { draft } = continued(PROSE, (text) => `네, 이어서 쓰겠습니다.\n\n${text.slice(0, 200)}`, {
    stopReason: 'length',
  });
  assert.equal(validateDraft(draft, { minCharacters: 1000 }).failure?.code, 'length');
  const more = restRequest({ system: '', user: '' }, draft.answer);
  assert.ok(more !== null);
  const whole = `# ${PROSE.title}\n\n${PROSE.body}`;
  const rest = answerOf(whole.slice(more.cut.kept.length).trimStart(), 'end_turn');
  const last = appendRest(draft, 'part_2', more.cut, { answer: rest, costUsd: null, generationMs: 1 });
  assert.equal(last.read.text, whole);
  assert.equal(kinds(last), 'talk@inside');
});

const BROKEN_SEAMS: [name: string, rest: string, reason: RegExp][] = [
  ['refuses', '죄송하지만 이 이야기는 더 이어서 쓸 수 없습니다. 다른 내용을 요청해 주세요.', /거절/],
  ['tells another story', `# 다른 방의 손님\n\n${storyOf('post').body}`, /다른 제목/],
  ['is in another language', 'I opened the wall and there was nobody behind it. '.repeat(20), /한국어가 아닌/],
  [
    'asks back',
    '이어서 쓰기 전에 여쭤볼 것이 있습니다. 결말을 열어 둘까요? 주인공이 살아남는 쪽을 원하시나요? 분량은 어느 정도로 할까요? 말씀해 주시면 요청하신 대로 작성해 드리겠습니다.',
    /이야기가 아닌 답/,
  ],
];

for (const [name, rest, reason] of BROKEN_SEAMS) {
  test(`a rest that ${name} leaves no story, and everything word for word`, () => {
    const { draft } = continued(PROSE, () => rest);
    const { failure } = validateDraft(draft, { minCharacters: 1000 });
    assert.equal(failure?.code, 'seam');
    assert.equal(failure?.kind, 'incomplete');
    assert.match(failure?.reason ?? '', reason);
    assert.ok(draft.verbatim.endsWith(rest.trim()));
  });
}

test('a rest that is only talk leaves the story cut off', () => {
  const { draft } = continued(PROSE, () => '네, 이어서 쓰겠습니다.');
  assert.equal(validateDraft(draft, { minCharacters: 1000 }).failure?.code, 'max_tokens');
});

test('a model that writes the whole story once more, a little otherwise, has written the whole', () => {
  const anew = `# ${PROSE.title}\n\n${PROSE.body.replaceAll('나는', '난')}`;
  const { draft } = continued(PROSE, () => `처음부터 다시 쓰겠습니다.\n\n${anew}\n\n(끝)`);
  assert.equal(draft.read.text, anew);
  assert.equal(kinds(draft), 'talk@before end_marker@after');
});

for (const repeated of [60, 120, 200, 300]) {
  test(`a rest that repeats the last ${repeated} characters of a short beginning does not begin anew`, () => {
    const { draft, whole } = continued(
      PROSE,
      (text) => {
        const kept = `# ${PROSE.title}\n\n${PROSE.body}`.slice(0, -text.length).trimEnd();
        return `${kept.slice(-repeated).trimStart()} ${text}`;
      },
      { share: 0.15 },
    );
    assert.equal(draft.read.text.replace(/\s+/g, ' '), whole.replace(/\s+/g, ' '));
  });
}

test('a rest that tells the last scene once more in other words is doubted', () => {
  const { draft } = continued(PROSE, (text) => {
    const kept = `# ${PROSE.title}\n\n${PROSE.body}`.slice(0, -text.length).trim();
    return `${kept.slice(-320, -20).replaceAll('나는', '난')}\n\n${text}`;
  });
  assert.deepEqual(
    draft.read.doubts.map(({ code }) => code),
    ['seam'],
  );
});
