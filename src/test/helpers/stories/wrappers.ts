import type { Random } from '../../../lib/random.js';
import { pick, type SampleStory } from './sample-stories.js';

// A grammar of what models and gateways put around a story. Any pile of it leaves the story what it is.

/** How the title may stand. */
const TITLES: readonly ((title: string) => string)[] = [
  ...[1, 2, 3].map((level) => (title: string) => `${'#'.repeat(level)} ${title}`),
  (title) => `# **${title}**`,
  (title) => `# 제목: ${title}`,
  (title) => `# **제목: ${title}**`,
  (title) => `## 제목\n${title}`,
  (title) => `# 제목\n\n${title}`,
  (title) => `# 제목\n# ${title}`,
  (title) => `#${title}`,
  (title) => `${title}\n=====`,
  (title) => `**${title}**`,
  (title) => `__${title}__`,
  (title) => `제목: ${title}`,
  (title) => `**제목:** ${title}`,
  (title) => `[제목] ${title}`,
  (title) => `Title: ${title}`,
  (title) => `「${title}」`,
  (title) => `《${title}》`,
  (title) => `# "${title}"`,
  (title) => `# 단편소설 「${title}」`,
  (title) => `# ${title} (완)`,
  (title) => `# ${title}\n\n**${title}**`,
  (title) => `\u200b# ${title}`,
  (title) => `<title>${title}</title>`,
  (title) => `---\ntitle: "${title}"\ndraft: false\n---`,
];

const PROMISES = [
  '네, 알겠습니다.',
  '물론입니다! 요청하신 소재로 심리 호러 단편을 써 보았습니다.',
  '네. 말씀하신 조건에 맞춰 한 편 써 보겠습니다.',
  '아래는 주어진 소재를 엮어 쓴 단편 소설입니다.',
  '좋습니다. 그럼 시작하겠습니다.',
  '흥미로운 소재네요. 작은 어긋남에서 시작하는 이야기로 구성해 보았습니다.',
  '안녕하세요! 부탁하신 공포 단편을 준비했습니다. 즐겁게 읽어 주세요.',
  '물론이에요! 소재들이 서로 맞물리도록 이야기를 풀어 보았어요.',
  "Sure! Here's the short story you requested.",
  'Here is the story:',
];
/** Those that are sure above any text, also one without a title that speaks politely itself. */
const SURE_PROMISES = [
  '물론입니다! 요청하신 소재로 심리 호러 단편을 써 보았습니다.',
  '아래는 주어진 소재를 엮어 쓴 단편 소설입니다.',
  'Of course. Below is a Korean horror story based on your premise.',
];

const BELOW_TITLE = [
  ...[
    '---',
    '***',
    '*심리 호러 단편*',
    '**장르:** 심리 호러\n**분량:** 약 3,500자',
    '## 본문',
    '[본문]',
    '#호러 #단편',
  ],
  ...['글: Claude', '- 장르: 심리 호러\n- 시점: 1인칭', '장르: 공포 / 분량: 3,500자', '<!-- draft -->'],
];

const BELOW_STORY = [
  ...[
    '(끝)',
    '끝',
    '*끝*',
    '**끝**',
    '— 끝 —',
    '[끝]',
    '(완)',
    'The End',
    'Fin.',
    '[작성 완료]',
    '> 1화 끝. 다음 화에서 계속.',
  ],
  ...[
    '다음 화에 계속',
    '---',
    '* * *',
    '(총 3,512자)',
    '_분량: 약 4,200자_',
    '분량: 공백 포함 약 3,500자입니다.',
    '_작성일: 2026-11-28_',
  ],
  ...['## 태그\n\n- 공포\n- 기억', '**태그**: #공포 #기억', '태그: 공포, 기억', '## 태그\n#공포 #기억', '#공포 #기억'],
  '이 이야기가 마음에 드셨나요? 수정이 필요하시면 말씀해 주세요.',
  '원하시면 뒷이야기를 이어서 써 드릴게요.',
  '어떠셨나요? 분위기를 더 어둡게 바꾸고 싶으시면 알려 주세요.',
  '다른 버전이 필요하시면 결말을 바꾸거나 분량을 조정해 드릴 수 있습니다.',
  'Let me know if you would like any changes to the story.',
  '**작가의 말:** 이 이야기는 기억에 대한 두려움을 중심에 두고 구성했습니다.',
  '## 해설\n\n이 작품은 일상의 어긋남으로 공포를 쌓습니다. 반전의 복선은 첫 문단에 놓았습니다.',
  '## 작가 노트\n\n- 복선: 글씨체\n- 반전: 사원증\n- 결말: 설명하지 않음',
  '### 자체 점검\n- **문체 일치도**:\n- **공포 지수**: 8/10',
  '수정 사항:\n- 결말의 설명을 덜어 냄\n- 대사를 줄임',
  '> 작성 메모: 반전은 앞에 놓은 단서에서 나오도록 했습니다.',
  '**다음 화 예고:** 창구에 새로운 물건이 들어온다.',
  '※ 본 작품은 픽션이며 실제 인물·단체와 관련이 없습니다.',
];

const THINKING = [
  '<think>\n사용자는 호러 단편을 원한다.\n\n# 구상\n- 도입\n- 결말\n</think>\n\n',
  '<thinking>Plan the story.</thinking>\n',
  '먼저 소재를 정리하자. 장소는 역이다.\n</think>\n\n',
  '[THINK]구상한다[/THINK]\n',
];

const AROUND: readonly ((text: string) => string)[] = [
  (text) => `\`\`\`markdown\n${text}\n\`\`\``,
  (text) => `\`\`\`\n${text}\n\`\`\``,
  (text) => `~~~text\n${text}\n~~~`,
  (text) => `<story>\n${text}\n</story>`,
  (text) => `${text}<|im_end|>`,
  (text) => `${text}</s>`,
  (text) => `<|im_start|>assistant\n${text}<|im_end|>\n<|im_start|>user\n하나 더`,
  (text) => text.replaceAll('\n', '\r\n'),
  (text) => `\ufeff${text}\n\n\n`,
  (text) => text.normalize('NFD'),
];

/** A pile of wrappers around a story. */
export interface Wrapped {
  raw: string;
  hasTitle: boolean;
}

/** Wraps a story at random; the same random numbers give the same pile. */
export function wrap({ title, body }: SampleStory, random: Random): Wrapped {
  const some = (most: number, from: readonly string[]) =>
    Array.from({ length: Math.floor(random() * (most + 1)) }, () => pick(from, random));
  const hasTitle = random() < 0.9;
  const parts = [
    ...some(1, hasTitle ? PROMISES : SURE_PROMISES),
    ...(hasTitle ? [pick(TITLES, random)(title), ...some(1, BELOW_TITLE)] : []),
    body,
    ...some(3, BELOW_STORY),
  ];
  const thought = random() < 0.3 ? pick(THINKING, random) : '';
  const text = `${thought}${parts.join('\n\n')}`;
  return { raw: random() < 0.5 ? pick(AROUND, random)(text) : text, hasTitle };
}
