import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { BROADCAST, BUS } from '../../../helpers/stories/sample-stories/singles.js';

// Answers around a story in the third person, and around a broadcast, which speaks politely itself.

const C = BUS.body;
const D = BROADCAST.body;
const T = BUS.title;
const times = (n: number, text: string) => text.repeat(n);

const h = (below: string) => `# ${T}\n\n${C}\n\n${below}`;
const hd = (below: string) => `# ${BROADCAST.title}\n\n${D}\n\n${below}`;

const ANSWERS: Judged[] = [
  ['story', 'preface lights', `제가 준비한 이야기예요. 불을 끄고 읽어 보세요 🙂\n\n# ${T}\n\n${C}`, T, C],
  ['story', 'begin end labels', `[소설 시작]\n\n# ${T}\n\n${C}\n\n[소설 끝]`, T, C],
  ['story', 'banner', `==========\n제목: ${T}\n==========\n\n${C}`, T, C],
  ['story', 'fiction note below', `# ${T}\n\n(이 이야기는 픽션이며 실제 인물과 관련이 없습니다.)\n\n${C}`, T, C],
  [
    'story',
    'about-work preface',
    `본 소설은 3인칭 시점으로 쓴 약 1,300자 분량의 심리 호러입니다.\n\n# ${T}\n\n${C}`,
    T,
    C,
  ],
  ['story', 'begin sentence no title', `이야기를 시작하겠습니다.\n\n---\n\n${C}`, null, C],
  ['story', 'signoff isang', h('이상입니다.'), T, C],
  ['story', 'yeogikkaji', h('이야기는 여기까지입니다. 더 궁금하신 점이 있으신가요?'), T, C],
  ['story', 'sorry if scared', h('혹시 너무 무서우셨다면 죄송해요 😅'), T, C],
  ['story', 'which story next', h('다음에는 어떤 이야기를 들려드릴까요?'), T, C],
  ['story', 'count italic', h('*(본문 약 1,250자)*'), T, C],
  ['story', 'keywords ticks', h('### 키워드\n`버스` `우산` `비`'), T, C],
  ['story', 'Keywords en', h('**Keywords:** bus, umbrella, rain'), T, C],
  ['story', 'by Claude Sonnet', h('—\n작성: Claude Sonnet'), T, C],
  ['story', 'created date', h('창작일 2026.11.29'), T, C],
  ['story', 'end symbols', h('◇ 끝 ◇'), T, C],
  ['story', 'end emoji', h('끝 😱'), T, C],
  ['story', 'end part', h('(1부 끝, 2부로 이어짐)'), T, C],
  ['story', 'TBC bracket', h('[To be continued]'), T, C],
  ['story', 'antml thinking', `<thinking>\nbus\n</thinking>\n\n# ${T}\n\n${C}`, T, C],
  [
    'story',
    'labelled reasoning',
    `**생각:** 버스 기사와 아이의 이야기로 가자. 반전은 아이가 딸이라는 것.\n\n**최종 답변:**\n\n# ${T}\n\n${C}`,
    T,
    C,
  ],
  [
    'story',
    'analysis list then rule',
    `1. 소재 분석: 버스, 우산\n2. 구성: 벨이 세 번 울린다\n3. 결말: 여운\n\n---\n\n# ${T}\n\n${C}`,
    T,
    C,
  ],
  ['story', 'double bracket title', `『${T}』 (심리 호러 단편)\n\n${C}`, T, C],
  [
    'story',
    'wide indent',
    `# ${T}\n\n${C.split('\n\n')
      .map((p) => `\u3000${p}`)
      .join('\n\n')}`,
    T,
    C.split('\n\n')
      .map((p) => `\u3000${p}`)
      .join('\n\n'),
  ],
  [
    'story',
    'bilingual',
    h(
      `---\n\n## English version\n\n${times(14, 'The driver looked back at the last stop, as he always did, and saw one umbrella hanging from the rail. ')}`,
    ),
    T,
    C,
  ],
  [
    'story',
    'email form',
    `# ${T}\n\n보낸 사람: 윤 기사\n받는 사람: 차고지\n제목: 분실물 보고\n\n${C}`,
    T,
    `보낸 사람: 윤 기사\n받는 사람: 차고지\n제목: 분실물 보고\n\n${C}`,
  ],
  ['story', 'email form no title', `보낸 사람: 윤 기사\n받는 사람: 차고지\n제목: 분실물 보고\n\n${C}`],
  [
    'story',
    'scp form',
    `# 우산 보관 지침\n\n일련번호: U-11\n등급: 격리\n\n## 특수 취급 절차\n\n우산은 펼친 채로 보관하지 않는다. 비가 오는 날에는 수를 세지 않는다.\n\n## 설명\n\n${C}\n\n## 부록 U-11-가\n\n담당자가 교대하지 않았다. 우산은 마흔다섯 개이다. 마지막 것은 젖어 있다.`,
    '우산 보관 지침',
  ],
  [
    'story',
    'interview',
    `# 차고지 면담\n\n${C.split('\n\n')
      .map((p, i) => (i % 2 ? 'A. ' : 'Q. ') + p)
      .join('\n\n')}`,
    '차고지 면담',
    C.split('\n\n')
      .map((p, i) => (i % 2 ? 'A. ' : 'Q. ') + p)
      .join('\n\n'),
  ],
  ['story', 'screenplay', `# ${T}\n\nS#1. 버스 안 – 밤\n\n${C}\n\n(암전)`, T, `S#1. 버스 안 – 밤\n\n${C}\n\n(암전)`],
  [
    'story',
    'voice memo',
    `# 음성 메모 3\n\n${C.split('\n\n')
      .map((p, i) => `[00:${10 + i}] ${p}`)
      .join('\n\n')}\n\n[메모 끝]`,
    '음성 메모 3',
    `${C.split('\n\n')
      .map((p, i) => `[00:${10 + i}] ${p}`)
      .join('\n\n')}\n\n[메모 끝]`,
  ],
  [
    'story',
    'the end as text',
    h('앞 유리에는 THE END라고 손가락으로 적혀 있었다.'),
    T,
    `${C}\n\n앞 유리에는 THE END라고 손가락으로 적혀 있었다.`,
  ],
  ['story', 'source line', h('— 1994년, 어느 기사의 수첩에서'), T, `${C}\n\n— 1994년, 어느 기사의 수첩에서`],
  ['story', 'next is you', h('다음은 당신 차례입니다.'), T, `${C}\n\n다음은 당신 차례입니다.`],
  [
    'doubt',
    'fourth wall thanks',
    h('읽어 주셔서 고맙습니다. 이제 당신도 알게 되었습니다. 뒷자리를 돌아보지 마세요.'),
    T,
    `${C}\n\n읽어 주셔서 고맙습니다. 이제 당신도 알게 되었습니다. 뒷자리를 돌아보지 마세요.`,
  ],
  [
    'story',
    'command',
    h('이 글을 다 읽은 사람은 우산을 접지 말 것.'),
    T,
    `${C}\n\n이 글을 다 읽은 사람은 우산을 접지 말 것.`,
  ],
  ['story', 'D untouched', `# 출석부\n\n${D}`, '출석부', D],
  ['story', 'D no title', D, null, D],
  ['story', 'D + preface', `네! 방송 말투로 써 봤어요.\n\n# 출석부\n\n${D}`, '출석부', D],
  ['story', 'D + end', hd('- 끝 -'), '출석부', D],
  ['story', 'D + offer', hd('말투를 바꾸거나 결말을 다르게 하고 싶으시면 말씀해 주세요!'), '출석부', D],
  [
    'story',
    'D + subscribe stays',
    hd('구독은 하지 마세요. 구독하신 분들 이름도 출석부에 올라가요.'),
    '출석부',
    `${D}\n\n구독은 하지 마세요. 구독하신 분들 이름도 출석부에 올라가요.`,
  ],
  [
    'story',
    'D + commentary',
    hd('---\n\n이 단편은 방송이라는 형식을 빌려 이름을 부르는 행위의 공포를 표현했어요.'),
    '출석부',
    D,
  ],
  ['story', 'D + tags', hd('#폐교 #출석부 #방송'), '출석부', D],
  ['story', 'one paragraph', `# ${T}\n\n${C.replaceAll('\n\n', ' ')}`, T, C.replaceAll('\n\n', ' ')],
  [
    'story',
    'all dialogue',
    `# 통화\n\n${times(1, Array.from({ length: 40 }, (_, i) => `“${['거기 아직 비 와?', '여기는 안 와. 그쪽은', '방금 누가 문을 두드렸어', '몇 번 두드렸는데', '세 번. 그런데 안쪽에서', '안쪽이면 네 쪽이야, 내 쪽이야', '둘 다 아닌 것 같아', '끊지 마. 내가 셀게'][i % 8]}${i > 7 ? ` ${['정말로', '아까처럼', '이번에는', '조금 전에', '다시'][Math.floor(i / 8)]}` : ''}.”`).join('\n\n'))}`,
    '통화',
  ],
  ['story', 'verse', `# 우산\n\n${C.split(/(?<=\.) /).join('\n')}`, '우산'],
  [
    'story',
    'fence + preface + tags after',
    `아래에 작성했습니다.\n\n\`\`\`\n# ${T}\n\n${C}\n\`\`\`\n\n태그: 버스, 우산`,
    T,
    C,
  ],
  [
    'story',
    'crazy stack',
    `Assistant:\n<think>ok</think>\n물론입니다.\n\n\`\`\`markdown\n---\ntitle: ${T}\ntags: [버스]\n---\n\n# ${T}\n\n*심리 호러*\n\n${C}\n\n*(끝)*\n\`\`\`\n<|im_end|>`,
    T,
    C,
  ],
  [
    'no',
    'refused midway',
    h(
      '죄송하지만 여기서부터는 요청하신 내용을 계속 쓸 수 없습니다. 아동의 죽음을 다루고 있어 안전 지침에 어긋나기 때문입니다. 다른 방향을 원하시면 말씀해 주세요.',
    ),
  ],
  [
    'no',
    'untagged reasoning',
    times(
      4,
      '사용자가 요청한 것은 심리 호러 단편이다. 먼저 소재를 정리해야 한다. 인물은 버스 기사, 반전은 아이가 딸이라는 것으로 설정한다. 복선은 우산의 이름표에 두고, 결말은 여운을 남기는 방식으로 구성한다. 분량은 3,500자 정도로 맞추고 문체는 건조하게 유지해야 한다. 독자가 인물보다 먼저 알아차리게 하는 장치가 필요하다.\n\n',
    ),
  ],
  ['no', 'apology loop', times(40, '죄송합니다. 다시 작성하겠습니다. ')],
  ['no', 'spec list', times(12, '- 인물: 버스 기사, 52세, 과묵함\n- 배경: 심야 노선버스\n- 갈등: 과거의 사고\n')],
  [
    'no',
    'feedback on prompt',
    times(
      5,
      '제시해 주신 소재는 서로 잘 어울립니다. 다만 결말의 방향이 정해져 있지 않아 이야기의 구성을 먼저 논의하면 좋겠습니다. 원하시는 분위기를 알려 주시면 그에 맞춰 작성해 드리겠습니다.\n\n',
    ),
  ],
  [
    'no',
    'english refusal long',
    `I'm really sorry, but I can't create this story. ${times(20, 'It depicts the death of a child in a way that conflicts with my guidelines. I would be glad to help with a different theme instead. ')}`,
  ],
  ['no', 'half chinese', h(times(30, '车门打开了，雨水流进来，孩子站在黑暗里看着他。'))],
  ['no', 'word loop hyphen', h(times(80, '벨-'))],
  ['no', 'sentence loop with newline pairs', h(times(25, '벨이 울렸다.\n그는 세우지 않았다.\n'))],
  ['no', 'quoted loop', h(times(60, '“네.” '))],
  ['no', 'mojibake', `# ${T}\n\n${Buffer.from(C.slice(0, 400)).toString('latin1')}\n\n${C}`],
  ['no', 'too short poem', `# ${T}\n\n벨이 울렸다\n아무도 내리지 않았다\n비가 왔다`],
  ['doubt', 'length stop', h('글자 수 제한으로 여기까지 작성했습니다. 이어서 작성해 드릴까요?'), T, C],
  ['doubt', 'two cjk', `# ${T}\n\n${C.replace('우산의', '雨傘의')}`],
];

testAnswers(700, ANSWERS);
