import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { BUS, WELL } from '../../../helpers/stories/sample-stories/singles.js';

// Stories that have at an edge, or in the middle, what looks like a model's notes, offers and containers, and is theirs.

const E = WELL.body;
const ps = E.split('\n\n');

/** A story of which nothing may be taken away. */
const stays = (outcome: Judged[0], name: string, title: string, body: string): Judged => {
  return [outcome, name, `# ${title}\n\n${body}`, title, body];
};

const ANSWERS: Judged[] = [
  stays(
    'story',
    'manual with next steps',
    '설치 안내서',
    `${E}\n\n## 다음 단계\n\n1. 뚜껑을 닫는다\n2. 수위를 적는다\n3. 자리를 비우지 않는다`,
  ),
  stays('story', 'cast list at the top of a play', '막차', `등장인물\n- 기사\n- 아이\n- 목소리\n\n${BUS.body}`),
  stays(
    'story',
    'exhibition label',
    '전시실 7',
    `## 작품 소개\n\n이 작품은 관람객이 앉은 자리의 온도를 기록한다.\n\n${E}`,
  ),
  stays('story', 'game menu', '저장 슬롯', `${E}\n\n1. 이어 하기\n2. 결말 바꾸기\n3. 처음부터`),
  stays(
    'story',
    'game menu with question',
    '저장 슬롯',
    `${E}\n\n화면이 물었다.\n\n다음 중 선택하세요:\n1. 결말을 바꾼다\n2. 이름을 바꾼다\n3. 저장하지 않고 나간다`,
  ),
  stays(
    'story',
    'chat with html tag',
    '게시글',
    `${ps.slice(0, 6).join('\n\n')}\n\n<p>삭제된 게시글입니다.</p>\n\n${ps.slice(6).join('\n\n')}`,
  ),
  stays(
    'story',
    'json on a screen',
    '응답 코드',
    `${ps.slice(0, 6).join('\n\n')}\n\n{"status": "sealed", "level": 4.12}\n\n${ps.slice(6).join('\n\n')}`,
  ),
  stays(
    'story',
    'log table',
    '수위 기록',
    `${E}\n\n| 날짜 | 수위 |\n| --- | --- |\n| 3월 | 4.12 |\n| 4월 | 4.30 |\n| 5월 | 내 키 |`,
  ),
  stays(
    'story',
    'foreign last words under a rule',
    '교신',
    `${E}\n\n---\n\nMAYDAY MAYDAY. WE ARE STILL SITTING ON THE WELL. OVER.`,
  ),
  stays(
    'story',
    'transcript with omission',
    '녹취록',
    `[녹취 시작]\n\n${ps.slice(0, 6).join('\n\n')}\n\n(중략)\n\n${ps.slice(6).join('\n\n')}\n\n[녹취 끝]`,
  ),
  stays(
    'story',
    'numbered versions of a testimony',
    '진술서',
    `## 첫 번째 진술\n\n${ps.slice(0, 6).join('\n\n')}\n\n## 두 번째 진술\n\n${ps.slice(6).join('\n\n')}`,
  ),
  stays(
    'story',
    'letters back and forth',
    '왕복 서간',
    `수진 씨께,\n\n보내 주신 사진은 잘 받았습니다.\n\n${E}\n\n답장 기다리겠습니다.\n\n민호 드림`,
  ),
  stays('story', 'obituary with date', '부고', `${E}\n\n2024년 5월 2일\n\n상주 일동`),
  stays('story', 'quoted last question', '면접', `${E}\n\n“마음에 드셨나요?”`),
  stays('story', 'warning sign at the top', '주의 사항', `주의: 이 문서를 소리 내어 읽지 마십시오.\n\n${E}`),
  stays(
    'doubt',
    'writer narrator',
    '원고',
    `나는 소설을 쓰는 사람이다. 결말을 정하지 못한 원고가 서랍에 있다.\n\n${E}\n\n이 이야기의 결말은 아직 쓰지 않았다. 독자가 없기 때문이다.`,
  ),
  stays(
    'doubt',
    'diary near repeats',
    '당직 일지',
    Array.from({ length: 14 }, (_, i) => `3월 ${i + 1}일. ${ps[i % ps.length]}`).join('\n\n'),
  ),
  stays(
    'story',
    'support chat form',
    '상담 기록',
    `상담원: 무엇을 도와드릴까요?\n고객: 우물에서 소리가 나요.\n\n${E}\n\n상담원: 더 필요하신 것이 있으신가요?\n고객: 네. 옆에 앉아 있는 사람은 누구인가요?`,
  ),
];

testAnswers(700, ANSWERS);
