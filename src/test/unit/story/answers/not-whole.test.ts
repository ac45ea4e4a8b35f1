import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { MAGNETS, WELL } from '../../../helpers/stories/sample-stories/singles.js';

// Answers that hold no story, two of them, or less than all of one.

const E = WELL.body;
const T = WELL.title;
const ps = E.split('\n\n');
const t = (text: string) => `# ${T}\n\n${text}`;
const below = (text: string) => t(`${E}\n\n${text}`);

const ANSWERS: Judged[] = [
  ['doubt', 'two versions under headings', `## 버전 1\n\n${E}\n\n## 버전 2\n\n${MAGNETS.body}`, '버전 1'],
  [
    'no',
    'revised version below',
    below(`---\n\n수정본:\n\n${E.replaceAll('박 주임', '최 주임').replaceAll('면장', '부면장')}`),
  ],
  [
    'doubt',
    'alternate ending below',
    below(
      '---\n\n**다른 결말:**\n\n나는 도장을 우물에 던졌다. 물소리는 나지 않았다. 이튿날 책상 위에 도장이 두 개 놓여 있었다.',
    ),
    T,
  ],
  [
    'doubt',
    'refusal after paragraphs',
    t(
      `${ps.slice(0, 9).join('\n\n')}\n\n여기까지는 쓸 수 있었지만, 이후 장면은 실제 범죄 수법과 닿아 있어 제공해 드리기 어렵습니다. 대신 암시만 남기는 방향을 제안해 드립니다.`,
    ),
    '막힌 우물의 수위',
  ],
  [
    'no',
    'outline as prose',
    `이야기는 면사무소 직원이 막힌 우물 위에서 점심을 먹는 장면으로 시작된다. 초반부에서는 평범한 일상을 천천히 보여 주며 독자를 안심시킨다. 중반부에 이르면 대장에 찍힌 도장이 발견되고, 주인공은 자신이 삼십 년 동안 수위를 재 왔다는 사실을 알게 된다. ${'이 대목에서 긴장감을 높이기 위해 물소리를 반복해서 배치한다. 이어지는 장면에서 조연인 박 주임이 사라지고, 주인공은 혼자 남는다. 절정에서는 회의실의 의자가 모두 마른 가운데 주인공의 것만 젖어 있음이 드러난다. '.repeat(1)}후반부에서는 우물을 다시 열기로 하는 결정이 내려진다. 마지막 장면에서는 주인공이 뚜껑 아래의 자신과 같은 말을 하며 끝난다.\n\n전체적으로 이 소설은 반복되는 서명을 통해 정체성의 불안을 다룬다. 서술은 1인칭으로 하되 감정을 절제한다. 복선은 첫 문단의 차가움에 두고, 반전은 도장의 흠집에서 회수한다. 결말은 독자가 여운을 느끼도록 열어 둔다.\n\n주인공은 삼십 대 초반의 남성으로, 내성적이고 꼼꼼한 성격이다. 박 주임은 사건의 실마리를 쥔 인물로 등장한다. 면장은 공동체의 무관심을 대표한다. 배경은 2000년대 중반의 농촌이며, 시간은 봄에서 초여름까지 흐른다.\n\n각 장면은 대략 다음과 같이 이어진다. 첫 장면에서 우물이 소개되고, 두 번째 장면에서 대장이 등장하며, 세 번째 장면에서 도장의 비밀이 밝혀진다. 네 번째 장면은 박 주임의 휴직을 다루고, 다섯 번째 장면에서 회의가 열린다. 마지막 장면은 첫 장면을 되풀이하며 원을 닫는다. 이러한 구성은 독자가 처음으로 돌아가 다시 읽게 만드는 효과를 노린 것이다.`,
  ],
  [
    'no',
    'near-duplicate loop by number',
    below(
      Array.from(
        { length: 14 },
        (_, i) =>
          `나는 ${i + 2}번째 뚜껑을 열었다. 안에는 물이 있었고 물에는 내 얼굴이 있었다. 얼굴은 나보다 먼저 눈을 감았다. 나는 다시 뚜껑을 닫았다.`,
      ).join('\n\n'),
    ),
  ],
  [
    'doubt',
    'near-duplicate loop by synonyms',
    below(
      Array.from(
        { length: 12 },
        (_, i) =>
          `${['그리고', '다시', '또', '이윽고'][i % 4]} 물소리가 ${['들렸다', '났다', '울렸다'][i % 3]}. 나는 줄자를 들고 우물로 ${['갔다', '향했다', '걸어갔다'][i % 3]}. 수위는 어제보다 ${['조금', '한 뼘', '한 치', '꽤', '더'][i % 5]} 높았다.`,
      ).join('\n\n'),
    ),
    '막힌 우물의 수위',
  ],
  [
    'doubt',
    'near loop paragraph drift',
    below(
      Array.from(
        { length: 10 },
        (_, i) =>
          `나는 대장을 ${['펼쳤다', '열었다', '넘겼다', '들췄다', '꺼냈다'][i % 5]}. 칸마다 내 도장이 찍혀 있었고, 숫자는 ${i + 4}미터를 가리켰다. 창밖에서 누가 ${['웃었다', '울었다', '기침했다'][i % 3]}. 나는 대장을 덮었다.`,
      ).join('\n\n'),
    ),
    '막힌 우물의 수위',
  ],
  [
    'no',
    'promise instead of a story',
    `${'말씀하신 소재를 바탕으로 심리 호러를 구상하고 있습니다. 우선 우물이라는 공간이 주는 폐쇄감을 살리고, 도장이라는 사물을 통해 주인공의 정체성을 흔들어 보려고 합니다. '.repeat(1)}초고는 3,500자 안팎이 될 예정이며, 문체는 건조하게 가져가겠습니다. 잠시만 기다려 주시면 완성된 원고를 보내 드리겠습니다.\n\n${'진행 순서는 먼저 인물을 정하고, 다음으로 장면을 나누고, 마지막으로 문장을 다듬는 것입니다. 인물은 면사무소의 신규 직원으로 정했고, 장면은 모두 여섯 개로 나누려고 합니다. 각 장면의 끝마다 작은 어긋남을 두어 긴장을 쌓겠습니다. '.repeat(4)}\n\n작업이 끝나는 대로 알려 드리겠습니다.`,
  ],
  [
    'no',
    'critique of a draft',
    `${'보내 주신 초고를 잘 읽었습니다. 첫 문단의 감각 묘사는 훌륭하지만 두 번째 문단에서 설명이 길어지면서 긴장이 풀립니다. 대사를 절반으로 줄이고, 도장의 흠집을 더 일찍 보여 주시는 편이 좋겠습니다. '.repeat(2)}\n\n${'세 번째 장면에서는 박 주임의 태도가 갑자기 바뀌는 이유가 드러나지 않습니다. 독자가 납득할 만한 단서를 하나 더 넣어 보시기를 권합니다. 결말은 지금처럼 열어 두시는 것이 좋습니다. '.repeat(5)}`,
  ],
  [
    'no',
    'treatment with scene headings',
    `# ${T} 트리트먼트\n\n${['우물', '대장', '도장', '휴직', '회의', '점심'].map((x, i) => `## 씬 ${i + 1}. ${x}\n\n주인공이 ${x}을(를) 마주하는 장면. 카메라는 천천히 다가간다. 긴장이 쌓이고 관객은 다음을 궁금해한다. 음악은 낮게 깔린다. 인물의 감정은 드러나지 않는다.`).join('\n\n')}\n\n${'이 트리트먼트는 30분 단막극을 상정한 것이며, 주인공의 내면은 독백으로 처리한다. '.repeat(8)}`,
  ],
  [
    'doubt',
    'omitted rest',
    t(`${ps.slice(0, 10).join('\n\n')}\n\n(이하 생략 — 나머지 2,000자는 요청하시면 이어서 작성해 드립니다.)`),
    '막힌 우물의 수위',
  ],
  [
    'doubt',
    'middle left out',
    t(`${ps.slice(0, 5).join('\n\n')}\n\n[중략: 회의 장면, 약 800자]\n\n${ps.slice(5).join('\n\n')}`),
    '막힌 우물의 수위',
  ],
  [
    'doubt',
    'cut by model in words',
    t(`${ps.slice(0, 10).join('\n\n')}\n\n(분량상 여기서 줄입니다. 뒷이야기는 다음 메시지에서 계속됩니다.)`),
    T,
  ],
  [
    'doubt',
    'refusal in the middle then safe ending',
    t(
      `${ps.slice(0, 6).join('\n\n')}\n\n이 지점부터는 수위가 높아질 수 있어 자세한 묘사는 생략하겠습니다.\n\n${ps.slice(6).join('\n\n')}`,
    ),
    T,
  ],
  [
    'no',
    'romanised',
    `# Makhin umul\n\n${'Naneun geu wieseo jeomsimeul meongneun saramida. Haetbyeoti deulgo amudo oji anko jоyonghada. '.repeat(20)}`,
  ],
  [
    'no',
    'synopsis polite',
    `${'이 이야기는 막힌 우물 위에서 점심을 먹는 주인공의 일상으로 시작됩니다. 초반부에서는 평범한 사무실이 그려지고, 중반부에 대장의 비밀이 드러납니다. 절정에서 주인공은 자신이 기록자였음을 알게 됩니다. 결말은 열려 있습니다. '.repeat(1)}\n\n${'등장인물은 주인공, 박 주임, 면장으로 구성됩니다. 배경은 시골 면사무소이며 긴장은 물소리로 쌓아 갑니다. 반전의 복선은 도장의 흠집에 놓입니다. 각 장면은 짧게 끊어 전개합니다. '.repeat(5)}`,
  ],
  ['doubt', 'two drafts', t(`초안 A\n\n${E}\n\n초안 B\n\n${MAGNETS.body}`), T],
  ['doubt', 'ran out of room', t(`${ps.slice(0, 10).join('\n\n')}\n\n…(다음 응답에서 이어집니다)`), T],
];

testAnswers(700, ANSWERS);
