import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { BUS, MAGNETS, NIGHT_DUTY, NOTICE, WELL } from '../../../helpers/stories/sample-stories/singles.js';

// Answers with notes, offers and marks below a story, and stories that only end so.

const E = WELL.body;
const T = WELL.title;
const F = NIGHT_DUTY.body;
const U = NIGHT_DUTY.title;
const B = BUS.body;
const t = (text: string) => `# ${T}\n\n${text}`;
const below = (text: string) => t(`${E}\n\n${text}`);
const letter = (text: string) => `# ${U}\n\n${text}`;

const ANSWERS: Judged[] = [
  ['story', 'wan hanja', below('― 完 ―'), T, E],
  ['story', 'angle end', below('<끝>'), T, E],
  ['story', 'thanks in stars', below('*** 끝까지 읽어주셔서 감사합니다 ***'), T, E],
  ['story', 'story over bracket', below('[이야기 종료]'), T, E],
  ['story', 'count with and without blanks', below('글자수: 1,234 (공백 제외 980)'), T, E],
  ['story', 'end emoji alone', below('🔚'), T, E],
  ['story', 'fin, date, by AI', below('-Fin-\n\n2026. 11. 29.\nwritten by AI'), T, E],
  [
    'story',
    'letter, signature, date label',
    `${letter(F)}\n\n전임 숙직자 드림\n\n작성일: 2026년 11월 29일`,
    U,
    `${F}\n\n전임 숙직자 드림\n\n작성일: 2026년 11월 29일`,
  ],
  [
    'story',
    'quoted creation points',
    below('> 💡 **창작 포인트**\n> - 도장: 반복되는 서명\n> - 물: 차오르는 기억\n> - 의자: 다음 차례'),
    T,
    E,
  ],
  [
    'story',
    'symbols explained after a rule',
    below(
      '---\n\n이야기 속 우물은 억눌린 기억을 상징합니다. 도장이 먼저 찍히는 장면은 화자가 이미 선택되었다는 점을 암시하도록 의도했습니다.',
    ),
    T,
    E,
  ],
  [
    'story',
    'numbered options',
    below('이어서 할 수 있는 것:\n1. 결말을 바꾸기\n2. 더 무섭게 고치기\n3. 영어로 번역하기\n\n번호로 답해 주세요.'),
    T,
    E,
  ],
  [
    'story',
    'lettered options',
    below('---\n다음 중 어떤 것을 해 드릴까요?\n\n- A) 후속편 집필\n- B) 결말 수정\n- C) 삽화용 프롬프트 작성'),
    T,
    E,
  ],
  ['doubt', 'level question', below('이 정도 수위면 괜찮으실까요?'), T, `${E}\n\n이 정도 수위면 괜찮으실까요?`],
  ['story', 'other titles in ps', below("P.S. 제목은 '수위'나 '인수인계'로 바꾸셔도 어울립니다."), T, E],
  [
    'doubt',
    'helpline',
    below('만약 이 글을 읽고 힘든 감정이 드셨다면 자살예방상담전화 109에서 24시간 상담을 받으실 수 있습니다.'),
    T,
    `${E}\n\n만약 이 글을 읽고 힘든 감정이 드셨다면 자살예방상담전화 109에서 24시간 상담을 받으실 수 있습니다.`,
  ],
  ['story', 'ai notice', below('[안내] 이 텍스트는 AI가 생성한 창작물이며 실제 사건과 무관합니다.'), T, E],
  ['story', 'word count english', below('Word count: ~1,200 characters (Korean)'), T, E],
  ['story', 'other title candidates', below('**대체 제목 후보**\n1. 수위\n2. 인수인계\n3. 점심 자리'), T, E],
  [
    'story',
    'english summary',
    below('**Summary (EN):** A clerk discovers that he has been measuring a sealed well for thirty years.'),
    T,
    E,
  ],
  [
    'story',
    'korean summary',
    below('### 줄거리 요약\n\n면사무소 직원이 막힌 우물의 수위를 재 온 사람이 자신임을 알게 되는 이야기입니다.'),
    T,
    E,
  ],
  ['story', 'end in box drawing', below('═══════ 끝 ═══════'), T, E],
  ['story', 'end with copyright', below('(끝)\n\nⓒ 2026 Claude. All rights reserved.'), T, E],
  [
    'doubt',
    'thanks to reader polite',
    below('여기까지 함께해 주셔서 감사합니다 :)'),
    T,
    `${E}\n\n여기까지 함께해 주셔서 감사합니다 :)`,
  ],
  ['story', 'asks for thumbs', below('도움이 되었다면 피드백을 남겨 주세요 👍'), T, E],
  [
    'story',
    'point of view note',
    below('---\n\n[구성 노트] 1인칭 · 현재 시점 · 반전은 의자에서 회수 · 분량 약 1,200자'),
    T,
    E,
  ],
  [
    'story',
    'why it is scary',
    below('**왜 무서운가**\n\n- 주인공이 자신의 선택을 기억하지 못한다는 점\n- 일상적인 사물이 증거가 된다는 점'),
    T,
    E,
  ],
  [
    'story',
    'next steps list',
    below('### 다음 단계 제안\n\n1. 후속편: 면장의 시점\n2. 결말 강화\n3. 영상 대본으로 각색'),
    T,
    E,
  ],
  [
    'doubt',
    'safety resources english',
    below('If you or someone you know is struggling, please reach out to a local crisis line.'),
    T,
    `${E}\n\nIf you or someone you know is struggling, please reach out to a local crisis line.`,
  ],
  [
    'story',
    'english translation without heading',
    t(
      `${E}\n\n---\n\n${'The well behind the township office was sealed thirty years ago. I am the one who eats lunch on top of it. '.repeat(8)}`,
    ),
    T,
    E,
  ],
  [
    'story',
    'policy note',
    below('※ 실제 지명과 인물은 모두 가공한 것이며, 요청하신 수위를 넘지 않도록 조절했습니다.'),
    T,
    E,
  ],
  ['story', 'character list after', below('등장인물\n- 나: 면 서기\n- 박 주임: 수도계\n- 면장'), T, E],
  [
    'story',
    'letter ps stays',
    `# ${U}\n\n${F}\n\n전임 숙직자 드림\n\n추신. 의자를 돌려놓으셨다면 뒤를 보지 마십시오.`,
    U,
    `${F}\n\n전임 숙직자 드림\n\n추신. 의자를 돌려놓으셨다면 뒤를 보지 마십시오.`,
  ],
  [
    'story',
    'village broadcast stays',
    `# 안내 말씀\n\n주민 여러분께 알려 드립니다.\n\n${NOTICE.body}\n\n이상으로 안내 말씀을 마치겠습니다. 감사합니다.`,
    '안내 말씀',
    `주민 여러분께 알려 드립니다.\n\n${NOTICE.body}\n\n이상으로 안내 말씀을 마치겠습니다. 감사합니다.`,
  ],
  [
    'story',
    'exam paper form stays',
    `# 국어 영역\n\n[1~3] 다음 글을 읽고 물음에 답하시오.\n\n${B}\n\n1. 윗글의 화자가 뒤를 돌아본 이유로 가장 적절한 것은?\n① 비가 와서\n② 부르는 소리가 나서\n③ 이미 앉아 있어서`,
    '국어 영역',
    `[1~3] 다음 글을 읽고 물음에 답하시오.\n\n${B}\n\n1. 윗글의 화자가 뒤를 돌아본 이유로 가장 적절한 것은?\n① 비가 와서\n② 부르는 소리가 나서\n③ 이미 앉아 있어서`,
  ],
  [
    'story',
    'review form stays',
    `# 별점 하나\n\n★☆☆☆☆ 환불 원합니다\n\n${MAGNETS.body}\n\n판매자 답글: 고객님, 그 상품은 저희가 보낸 적이 없습니다.`,
    '별점 하나',
    `★☆☆☆☆ 환불 원합니다\n\n${MAGNETS.body}\n\n판매자 답글: 고객님, 그 상품은 저희가 보낸 적이 없습니다.`,
  ],
  [
    'story',
    'summary section of a report stays',
    `# 사고 보고서\n\n## 경위\n\n${E}\n\n## 요약\n\n담당자는 아직 우물 위에 앉아 있다. 대장은 비어 있다.`,
    '사고 보고서',
    `## 경위\n\n${E}\n\n## 요약\n\n담당자는 아직 우물 위에 앉아 있다. 대장은 비어 있다.`,
  ],
  [
    'story',
    'menu board with choices stays',
    `# 막차\n\n${E}\n\n화면에 글자가 떴다.\n\n다음 중 하나를 고르세요.\n1. 내린다\n2. 앉아 있는다\n3. 뒤를 본다`,
    '막차',
    `${E}\n\n화면에 글자가 떴다.\n\n다음 중 하나를 고르세요.\n1. 내린다\n2. 앉아 있는다\n3. 뒤를 본다`,
  ],
  [
    'story',
    'story of a helper device',
    `# 도우미\n\n안녕하세요! 저는 가정용 도우미입니다. 무엇을 도와드릴까요?\n\n${E}\n\n더 도와드릴 일이 있을까요? 저는 아직 이 집에 있습니다.`,
    '도우미',
    `안녕하세요! 저는 가정용 도우미입니다. 무엇을 도와드릴까요?\n\n${E}\n\n더 도와드릴 일이 있을까요? 저는 아직 이 집에 있습니다.`,
  ],
  [
    'story',
    'litany of names stays',
    below(
      `그날 대장에 적힌 이름은 이러했다.\n\n${['김복순', '이말년', '박점례', '최옥분', '정순덕', '강금자', '조필례', '윤막내', '장끝순', '임간난', '한섭섭', '오큰아기', '서후남', '신필남', '권말자', '황종말'].join('\n')}\n\n마지막 칸은 비어 있었다.`,
    ),
    T,
  ],
  [
    'story',
    'end with emoji line',
    below('🕯️ 끝. 오늘 밤은 불을 켜고 주무세요 🕯️'),
    T,
    `${E}\n\n🕯️ 끝. 오늘 밤은 불을 켜고 주무세요 🕯️`,
  ],
  ['story', 'self score', below('자체 평가: 공포도 ★★★★☆ / 개연성 ★★★★★'), T, E],
  ['story', 'what was avoided', below('(참고: 유혈 묘사는 의도적으로 배제했습니다.)'), T, E],
  ['story', 'invites comparison', below('이전에 드린 버전과 비교해 보시고 더 나은 쪽을 골라 주세요.'), T, E],
  ['story', 'hashtags with words', below('#공포소설 #단편 #우물괴담'), T, E],
  [
    'doubt',
    'reading guide',
    below('### 감상 포인트\n\n도장이 먼저 찍히는 순서에 주목해 보세요. 마지막 문단의 대사가 첫 문단을 되풀이합니다.'),
    T,
    `${E}\n\n### 감상 포인트\n\n도장이 먼저 찍히는 순서에 주목해 보세요. 마지막 문단의 대사가 첫 문단을 되풀이합니다.`,
  ],
  ['story', 'usage licence', below('이 글은 자유롭게 수정하여 사용하셔도 됩니다.'), T, E],
  [
    'doubt',
    'next prompt suggestion',
    below('다음에 시도해 볼 만한 프롬프트: "같은 우물을 박 주임의 시점에서"'),
    T,
    `${E}\n\n다음에 시도해 볼 만한 프롬프트: "같은 우물을 박 주임의 시점에서"`,
  ],
  ['story', 'english question', below('Want me to continue with a second part?'), T, E],
];

testAnswers(700, ANSWERS);
