import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../../lib/random.js';
import { composeStory } from '../../../../offline/composer.js';
import { readAnswer } from '../../../../story/read-answer.js';
import { validateAnswer } from '../../../../story/validate-answer.js';
import { storyOf } from '../../../helpers/stories/readings.js';
import { STORY_FORMS, sampleStory } from '../../../helpers/stories/sample-stories.js';

// What is part of a form stays, however much it looks like something around a story.

function assertUntouched(text: string, title: string | null): void {
  const read = readAnswer(text);
  assert.deepEqual(read.removed, []);
  assert.deepEqual(read.doubts, []);
  assert.equal(read.text, text);
  assert.equal(read.title, title);
  const verdict = validateAnswer({ stopReason: 'end_turn', refusalCategory: null }, read, { minCharacters: 1000 });
  assert.deepEqual(verdict, { failure: null, doubts: [] });
}

for (const form of STORY_FORMS) {
  test(`nothing is taken from a ${form.form} (${form.titles[0]}), with its title and without`, () => {
    const random = seededRandom(5);
    for (let n = 0; n < 40; n++) {
      const { title, body } = sampleStory(random, form);
      assertUntouched(`# ${title}\n\n${body}`, title);
      assertUntouched(body, null);
    }
  });
}

test('nothing is taken from the stories of the built-in author', () => {
  const random = seededRandom(6);
  for (let n = 0; n < 40; n++) {
    const { title, text } = composeStory({ premise: {}, random });
    assertUntouched(text.trim(), title);
  }
});

const PROSE = storyOf('prose', 3);
const LETTER = storyOf('letter', 4);

const LAST_LINES = [
  ...[
    '당신의 딸, 수진',
    '수진 올림',
    '— 수진',
    '- 우주에서, 지호',
    '[서명 없음]',
    '아버지가.',
    '2024년 11월 3일',
    '오전 3시 14분',
  ],
  ...[
    '[녹음 종료]',
    '[통화 종료]',
    '(이하 잡음)',
    '[기록 끝]',
    '(테이프 끝)',
    '녹취 끝',
    '-- 방송 종료 --',
    '[END OF RECORDING]',
  ],
  ...[
    '02:40 이상 없음. 인계함',
    '> 연결이 끊어졌습니다.',
    '[03:10:22] door_4 OPEN',
    'exit code 0',
    '| 06:00 | 이상 없음 | 서명 |',
  ],
  ...[
    '(다음 장은 찢겨 있음)',
    '(이 뒤는 물에 젖어 읽을 수 없음)',
    '※ 이 수첩은 3번 보관함에서 발견되었다.',
    '다음 장은 비어 있었다.',
  ],
  ...[
    '[편집자 주] 원고는 여기서 끝난다.',
    '발견자 메모: 마지막 장의 글씨는 다른 사람의 것이었다.',
    '비고: 3월 2일 폐기',
    '★☆☆☆☆ 다시는 가지 마세요.',
  ],
  ...[
    '추신. 열쇠는 화분 아래에 있습니다.',
    'P.S. 불은 켜 두세요.',
    '댓글 3개',
    '수험 번호: 24',
    '답: ④',
    '정답은 뒷장에 있습니다.',
  ],
  ...[
    '아마.',
    '그리고 열리는 문',
    '하나, 둘, 셋',
    '“이제 네 차례야.”',
    '…',
    '그는 아직 세고 있다—',
    '*나는 아직 여기 있다.*',
    '이제는 안다.',
  ],
  ...[
    '그것이 끝이었다.',
    '이야기는 여기서 끝나지 않는다.',
    '그리고 계속된다.',
    '아직 3분이 남았다.',
    '모두 3,512자였다. 그가 남긴 글자는.',
  ],
  ...[
    '다음 이야기는 네가 해.',
    '다음 화요일에 다시 온다고 했다.',
    '작가의 말을 믿지 마라.',
    '태그를 떼지 마시오.',
    '이름표에는 #3이라고 적혀 있었다.',
  ],
];

for (const line of LAST_LINES) {
  test(`a last line stays: ${line}`, () => {
    for (const { title, body } of [PROSE, LETTER]) assertUntouched(`# ${title}\n\n${body}\n\n${line}`, title);
  });
}

const LAST_PARAGRAPHS = [
  '이 글을 읽으셨다면 문을 열지 마세요. 그리고 제 이름을 부르지 마세요. 부르면 제가 대답하게 됩니다.',
  '혹시 이 골목에서 저를 보신 분이 있다면 알려 주세요. 저는 아직 집에 도착하지 못했습니다.',
  '원하시는 것을 말씀하세요. 그가 다시 말했다. 나는 고개를 저었다.',
  '마음에 드셨습니까. 관리인이 물었다. 나는 방을 둘러보고, 이미 내 짐이 놓여 있는 것을 보았다.',
  '선생님, 이 방의 벽지를 바꿔 주실 수 있을까요. 얼굴이 자꾸 나옵니다. 밤에는 더 또렷합니다.',
  '나는 소설을 덮었다. 결말은 내가 쓴 것과 달랐다. 주인공은 문을 열지 않았고, 대신 내 방의 문이 열렸다.',
  '도움이 필요하시면 수화기를 드세요, 라고 적혀 있었다. 나는 들었다. 저쪽에서 먼저 여보세요 했다.',
  '여기까지 읽으셨다면 이미 늦었습니다. 뒤에 있는 사람에게 먼저 인사하십시오.',
];

for (const paragraph of LAST_PARAGRAPHS) {
  test(`a last paragraph stays: ${paragraph.slice(0, 30)}`, () => {
    assertUntouched(`# ${PROSE.title}\n\n${PROSE.body}\n\n${paragraph}`, PROSE.title);
  });
}

test('the thanks of somebody who posts stay', () => {
  const { title, body } = storyOf('post', 2);
  assertUntouched(
    `# ${title}\n\n${body}\n\n긴 글 읽어 주셔서 감사합니다. 다음 주에도 살아 있으면 이어서 쓰겠습니다.`,
    title,
  );
});

const FIRST_PARAGRAPHS = [
  '네, 맞습니다. 그날 당직은 저였습니다.',
  '“네, 알겠습니다.” 나는 그렇게 대답하고 전화를 끊었다.',
  '물론 나는 그 문을 열지 않았다.',
  '안녕하세요. 이 방에 처음 오신 분께 남깁니다.',
  '다음은 열쇠가 발견된 순서다. 나는 그것을 외우고 있다.',
  '아래에서 무슨 소리가 났다.',
  '이 이야기를 누구에게도 하지 않으려고 했다.',
  '좋아, 처음부터 말하지.',
  '먼저 말해 두지만 나는 거짓말을 하지 않는다.',
  '요청서에는 이름이 없었다. 나는 요청을 반려했다.',
  '제목이 없는 메일이 도착했다.',
  '[녹음 시작]',
  '> 접속 중…',
  '2024년 11월 3일',
];

for (const paragraph of FIRST_PARAGRAPHS) {
  test(`a first paragraph stays: ${paragraph.slice(0, 30)}`, () => {
    assertUntouched(`# ${PROSE.title}\n\n${paragraph}\n\n${PROSE.body}`, PROSE.title);
    assertUntouched(`${paragraph}\n\n${PROSE.body}`, null);
  });
}

test('the head of a form stays, also where it names a title of its own', () => {
  const { title, body } = LETTER;
  const heads = [
    '제목: 분실물 보고\n보낸 사람: 윤 기사\n받는 사람: 차고지',
    '작성자: 박 반장\n장소: 지하 2층\n일시: 11월 3일 03:10',
    '날짜: 11월 3일\n장소: 제방 위\n시간: 새벽',
  ];
  for (const head of heads) {
    assertUntouched(`# ${title}\n\n${head}\n\n${body}`, title);
    assertUntouched(`${head}\n\n${body}`, null);
  }
});

test('a person who greets and says what is told stays, for the story speaks as politely', () => {
  const { body } = storyOf('radio', 2);
  const greetings = [
    '안녕하세요, 오늘은 제 이야기를 들려드리려고 글을 써 봅니다.',
    '안녕하세요. 여기에 제가 겪은 일을 순서대로 적어 보겠습니다.',
  ];
  for (const greeting of greetings) {
    const read = readAnswer(`${greeting}\n\n${body}`);
    assert.equal(read.text, `${greeting}\n\n${body}`);
    assert.deepEqual(read.removed, []);
  }
});

const INSIDE = [
  '```\n03:10:22 door_4 OPEN\n03:10:23 door_4 OPEN\n```',
  '| 시각 | 문 |\n| --- | --- |\n| 03:10 | 열림 |',
  '> “거기 있어요?”\n> “있어요.”',
  '## 2',
  '---',
  '* * *',
  '**끝**이라는 글자가 벽에 있었다.',
  '(끝)',
  '태그: 분실, 미반환',
  '<b>굵은 글씨</b>로 적혀 있었다.',
];

for (const part of INSIDE) {
  test(`a part in the middle stays: ${JSON.stringify(part.slice(0, 30))}`, () => {
    const at = PROSE.body.indexOf('\n\n', PROSE.body.length / 2);
    const body = `${PROSE.body.slice(0, at)}\n\n${part}${PROSE.body.slice(at)}`;
    assertUntouched(`# ${PROSE.title}\n\n${body}`, PROSE.title);
  });
}

test('a text that a fence begins and ends, without being around all, keeps both', () => {
  const log = (hour: string) => `\`\`\`\n[${hour}] 문 열림\n\`\`\``;
  const { title, body } = PROSE;
  assertUntouched(`# ${title}\n\n${log('03:10')}\n\n${body}\n\n${log('05:20')}`, title);
  assertUntouched(`${log('03:10')}\n\n${body}\n\n${log('05:20')}`, null);
});
