import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { MAGNETS } from '../../../helpers/stories/sample-stories/singles.js';

// Answers that hold no story, and some that hold one with a flaw.

const A = MAGNETS.body;
const times = (n: number, text: string) => text.repeat(n);

const ANSWERS: Judged[] = [
  [
    'no',
    'polite decline',
    `말씀하신 이야기는 제가 쓰지 않는 편이 좋겠습니다. 특정 지역의 실제 참사를 소재로 하고 있어 유족분들께 상처가 될 수 있습니다. 혹시 가상의 사건으로 바꾸어 써도 괜찮으시다면 기꺼이 도와드리겠습니다.`,
  ],
  [
    'no',
    'ai policy refusal',
    `저는 AI 언어 모델로서 폭력적이거나 자해를 미화하는 콘텐츠를 생성할 수 없습니다. 안전 정책을 준수하기 위한 것이니 양해 부탁드립니다. 다른 주제의 이야기라면 도와드릴 수 있습니다.`,
  ],
  [
    'no',
    'long refusal w/ bullet alternatives >1000',
    `죄송합니다만 이 소재 그대로는 작성이 어렵습니다.\n\n${times(10, '- **대안**: 인물의 상처를 직접 보여 주는 대신 사물의 변화로 암시하는 방식의 심리 호러를 제안드립니다. 안전한 표현을 지키면서도 긴장감을 유지할 수 있습니다.\n')}\n어떤 대안이 좋을지 말씀해 주시면 바로 작성하겠습니다.`,
  ],
  [
    'no',
    'refusal after title',
    `# 서른두 번째 자석\n\n죄송하지만 이 이야기는 작성할 수 없습니다. 요청하신 내용에 미성년자에 대한 폭력이 포함되어 있기 때문입니다. 다른 소재를 주시면 도와드리겠습니다.`,
  ],
  [
    'no',
    'apology + english',
    `I apologize, but I'm unable to continue with this story as it involves graphic self-harm.`,
  ],
  [
    'no',
    'outline with 기승전결',
    `# 서른두 번째 자석 - 플롯\n\n${times(3, '**기** 자석이 늘어난다. 어머니의 태도가 이상하다.\n**승** 수도에서 짠물이 나온다. 기억이 돌아온다.\n**전** 섬의 해안선이 드러난다.\n**결** 바다로 돌아간다.\n\n- 핵심 장치: 자석\n- 공포 포인트: 일상의 물건이 지도가 됨\n- 결말 톤: 여운\n\n').repeat(3)}`,
  ],
  [
    'no',
    'numbered scene list',
    Array.from(
      { length: 24 },
      (_, i) =>
        `${i + 1}. 장면 ${i + 1}: 주인공이 냉장고를 열고 자석이 늘어난 것을 발견함. 어머니와 짧은 대화. (약 200자)`,
    ).join('\n'),
  ],
  [
    'no',
    'three story ideas',
    `${times(
      3,
      '**아이디어**: 냉장고 자석이 하나씩 늘어나는 집의 이야기입니다. 주인공은 자석을 통해 자신의 출생을 알게 되고, 반전은 바다에서 태어났다는 것입니다. 결말은 열린 결말로 구성할 수 있습니다.\n\n',
    ).repeat(3)}어느 아이디어로 쓸까요? 골라 주시면 3,500자 분량으로 작성해 드리겠습니다.`,
  ],
  [
    'no',
    'clarifying questions',
    `몇 가지 확인하고 싶은 점이 있습니다.\n\n- 화자는 어머니인가요, 딸인가요?\n- 바다의 존재를 직접 보여 줄까요, 암시만 할까요?\n- 문체는 건조한 쪽이 좋을까요?\n- 제목을 먼저 정해 두셨나요?\n\n알려 주시는 대로 바로 쓰겠습니다.`,
  ],
  ['no', 'loop with commas', `# 서른두 번째 자석\n\n${A}\n\n${times(60, '바다, ')}바다.`],
  ['no', 'loop of dialogue', `# 서른두 번째 자석\n\n${A}\n\n${times(40, '“신발 벗어라.”\n\n“싫어.”\n\n')}`],
  ['no', 'loop varying punctuation', `# 서른두 번째 자석\n\n${A}\n\n${times(30, '파도가 쳤다! 파도가 쳤다. ')}`],
  [
    'no',
    'loop paragraph x4',
    `# 서른두 번째 자석\n\n${A}\n\n${times(4, '나는 다시 베란다로 나갔다. 안개가 발목까지 차올라 있었고 어머니가 뒤에서 신발을 벗으라고 말했다. 나는 벗지 않았다.\n\n')}`,
  ],
  [
    'no',
    'english paragraphs half',
    `# 서른두 번째 자석\n\n${A.slice(0, 600)}\n\n${times(14, 'I took off my shoes and stepped into the fog, and the floor was not there. ')}`,
  ],
  [
    'no',
    'chinese leak',
    `# 서른두 번째 자석\n\n${A.replaceAll('자석', '磁铁').replaceAll('어머니', '妈妈').replaceAll('바다', '大海')}`,
  ],
  [
    'no',
    'thai leak',
    `# 서른두 번째 자석\n\n${A.replaceAll('자석', 'แม่เหล็ก').replaceAll('어머니', 'แม่').replaceAll('냉장고', 'ตู้เย็น')}`,
  ],
  ['no', 'ufffd scatter', `# 서른두 번째 자석\n\n${A.replaceAll('니', '\ufffd')}`],
  ['no', 'empty fence', '```\n\n```'],
  ['no', 'only title', '# 서른두 번째 자석'],
  [
    'no',
    'summary of a story',
    `${times(5, '이 작품은 냉장고 자석을 매개로 상실을 다룬 단편입니다. 화자는 어머니와 단둘이 살며, 서사는 일상의 균열에서 출발해 바다라는 상징으로 수렴합니다. 결말의 여운이 인상적입니다.\n\n')}`,
  ],
  ['no', 'code', `\`\`\`python\n${times(40, 'def story():\n    return "바다"\n')}\`\`\``],
  ['doubt', 'one ufffd', `# 서른두 번째 자석\n\n${A.replace('얼룩을', '얼룩\ufffd')}`],
  ['doubt', 'kana word', `# 서른두 번째 자석\n\n${A.replace('밀물이네', 'みちしお')}`],
  [
    'doubt',
    'cut end',
    `# 서른두 번째 자석\n\n${A}\n\n어머니가 다시 부엌으로 들어가서 수도꼭지를 돌리는 소리가 들렸고 나는`,
  ],
];

testAnswers(1000, ANSWERS);
