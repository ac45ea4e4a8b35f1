import { type Reading, storyOf, testReadings } from '../../../helpers/stories/readings.js';

const STORY = storyOf('prose', 2);
const LETTER = storyOf('letter', 2);

const whole = ({ title, body }: { title: string; body: string }) => `# ${title}\n\n${body}`;
const before = (text: string) => (story: { title: string; body: string }) => `${text}\n\n${whole(story)}`;

const REASONING: Reading[] = [
  {
    name: 'thinking between tags',
    raw: before('<think>\n사용자는 밤 이야기를 원한다. 역으로 하자.\n</think>'),
    removed: 'reasoning@before',
  },
  {
    name: 'thinking under another name',
    raw: before('<thinking>Station, lost and found, twist: he is lost.</thinking>'),
    removed: 'reasoning@before',
  },
  {
    name: 'reasoning in capitals',
    raw: before('<REASONING>\n1. 창구\n2. 열쇠\n</REASONING>'),
    removed: 'reasoning@before',
  },
  { name: 'an empty thought', raw: before('<think>\n\n</think>'), removed: 'reasoning@before' },
  {
    name: 'two thoughts in a row',
    raw: before('<think>가</think>\n\n<think>나</think>'),
    removed: 'reasoning@before reasoning@before',
  },
  {
    name: 'a thought after a greeting',
    raw: before('네, 써 보겠습니다.\n\n<think>무엇을 쓸까</think>'),
    removed: 'reasoning@before talk@before',
  },
  {
    name: 'a thought below the title',
    raw: ({ title, body }) => `# ${title}\n\n<think>이제 본문</think>\n\n${body}`,
    removed: 'reasoning@before',
  },
  {
    name: 'a thought with a draft title of its own',
    raw: before('<think>\n# 가제: 벽\n\n벽으로 시작한다. 아니, 열쇠가 낫다.\n</think>'),
    removed: 'reasoning@before',
  },
  {
    name: 'a thought longer than the story',
    raw: ({ title, body }) =>
      `<think>\n${'열쇠에서 벽으로, 벽에서 이름으로 간다. '.repeat(200)}\n</think>\n\n# ${title}\n\n${body}`,
    removed: 'reasoning@before',
  },
  {
    name: 'a closing tag alone',
    raw: before('사용자가 준 소재는 역과 열쇠다. 구상을 마쳤다.\n</think>'),
    removed: 'reasoning@before',
  },
  {
    name: 'a closing tag alone above a bold title',
    raw: ({ title, body }) => `구상: 역, 열쇠.\n\n</think>\n\n**${title}**\n\n${body}`,
    removed: 'reasoning@before title@before',
  },
  {
    name: 'a closing tag alone above a text without a title',
    raw: ({ body }) => `먼저 분위기를 잡자.\n</think>\n\n${body}`,
    title: null,
    removed: 'reasoning@before',
  },
  {
    name: 'an opening tag alone above the title',
    raw: before('<think>\n어떻게 시작할까. 열쇠로 하자.'),
    removed: 'reasoning@before',
    doubts: 'unclosed_reasoning',
  },
  { name: 'a thought in square brackets', raw: before('[THINK]열쇠와 벽[/THINK]'), removed: 'reasoning@before' },
  { name: 'a thought in triangles', raw: before('◁think▷열쇠와 벽◁/think▷'), removed: 'reasoning@before' },
  {
    name: 'thinking in another channel',
    raw: ({ title, body }) =>
      `<|channel|>analysis<|message|>열쇠를 중심으로.<|end|><|start|>assistant<|channel|>final<|message|># ${title}\n\n${body}<|return|>`,
    removed: 'reasoning@before token@after',
  },
  {
    name: 'a thought after the story',
    raw: (story) => `${whole(story)}\n\n<reflection>\n분량이 맞는지 확인했다.\n</reflection>`,
    removed: 'reasoning@after',
  },
  {
    name: 'a thought that is opened after the story and never closed',
    raw: (story) => `${whole(story)}\n\n<think>\n이제 검토해 보자.`,
    removed: 'reasoning@after',
  },
  {
    name: 'a thought in the middle of the story',
    raw: ({ title, body }) => `# ${title}\n\n${body.replace('\n\n나는', '\n\n<think>여기서 반전</think>\n\n나는')}`,
    body: ({ body }) => body.replace('\n\n나는', '\n\n<think>여기서 반전</think>\n\n나는'),
    doubts: 'reasoning_inside',
  },
  { name: 'an end token', raw: (story) => `${whole(story)}<|im_end|>`, removed: 'token@after' },
  {
    name: 'an end of text and what ran on',
    raw: (story) => `${whole(story)}<|endoftext|>Human: 하나 더 써 줘\n\nAssistant: 네`,
    removed: 'token@after',
  },
  {
    name: 'the next turn of a conversation',
    raw: (story) => `${whole(story)}\n\nHuman: 하나 더 써 줘`,
    removed: 'token@after',
  },
  { name: 'a sentence token', raw: (story) => `<s>${whole(story)}</s>`, removed: 'token@before token@after' },
  {
    name: 'the tokens of a turn',
    raw: (story) => `<|im_start|>assistant\n${whole(story)}<|im_end|>\n<|im_start|>user\n`,
    removed: 'token@before token@after',
  },
  {
    name: 'the tokens of another template',
    raw: (story) => `<start_of_turn>model\n${whole(story)}<end_of_turn>`,
    removed: 'token@before token@after',
  },
  { name: 'a token with wide bars', raw: (story) => `${whole(story)}<｜end▁of▁sentence｜>`, removed: 'token@after' },
];

const AROUND: Reading[] = [
  { name: 'a fence around all', raw: (story) => `\`\`\`\n${whole(story)}\n\`\`\``, removed: 'fence@around' },
  {
    name: 'a fence for Markdown',
    raw: (story) => `\`\`\`markdown\n${whole(story)}\n\`\`\`\n`,
    removed: 'fence@around',
  },
  { name: 'a fence of tildes', raw: (story) => `~~~text\n${whole(story)}\n~~~`, removed: 'fence@around' },
  { name: 'a fence that is never closed', raw: (story) => `\`\`\`markdown\n${whole(story)}`, removed: 'fence@around' },
  { name: 'a fence that is only closed', raw: (story) => `${whole(story)}\n\`\`\``, removed: 'fence@around' },
  {
    name: 'a fence below the title',
    raw: ({ title, body }) => `# ${title}\n\n\`\`\`\n${body}\n\`\`\``,
    removed: 'fence@around',
  },
  {
    name: 'a fence between talk and notes',
    raw: (story) =>
      `물론입니다! 아래는 요청하신 단편입니다.\n\n\`\`\`md\n${whole(story)}\n\`\`\`\n\n원하시면 결말을 바꿔 드릴 수 있습니다.`,
    removed: 'fence@around talk@before note@after',
  },
  {
    name: 'a fence with fences of the story inside',
    raw: ({ title, body }) => `\`\`\`markdown\n# ${title}\n\n\`\`\`log\n03:10 문 열림\n\`\`\`\n\n${body}\n\`\`\``,
    body: ({ body }) => `\`\`\`log\n03:10 문 열림\n\`\`\`\n\n${body}`,
    removed: 'fence@around',
  },
  { name: 'a quotation around all', raw: (story) => whole(story).replace(/^/gm, '> '), removed: 'fence@around' },
  { name: 'an element around all', raw: (story) => `<story>\n${whole(story)}\n</story>`, removed: 'fence@around' },
  {
    name: 'an element with a title element inside',
    raw: ({ title, body }) => `<소설>\n<제목>${title}</제목>\n\n${body}\n</소설>`,
    removed: 'fence@around title@before',
  },
  {
    name: 'a thought and then an element',
    raw: (story) => `<think>열쇠</think>\n<answer>\n${whole(story)}\n</answer>`,
    removed: 'fence@around reasoning@before',
  },
  {
    name: 'an object of JSON',
    raw: ({ title, body }) => JSON.stringify({ title, tags: ['역', '열쇠'], content: body }),
    removed: 'fence@around',
    tags: ['역', '열쇠'],
  },
  {
    name: 'an object of JSON in a fence',
    raw: ({ title, body }) => `\`\`\`json\n${JSON.stringify({ 제목: title, 본문: body }, null, 2)}\n\`\`\``,
    removed: 'fence@around fence@around',
  },
  {
    name: 'a text whose line ends are written out',
    raw: (story) => whole(story).replaceAll('\n', '\\n'),
    removed: 'fence@around',
  },
];

const FRONTMATTER: Reading[] = [
  {
    name: 'frontmatter with a title',
    raw: ({ title, body }) => `---\ntitle: "${title}"\ntags: [역, 열쇠]\n---\n\n${body}`,
    removed: 'frontmatter@before',
    tags: ['역', '열쇠'],
  },
  {
    name: 'frontmatter above the heading',
    raw: (story) =>
      `---\ntitle: 가제\ntags:\n  - 역\n  - 열쇠\ndate: 2026-11-28\n---\n\n# ${story.title}\n\n${story.body}`,
    title: '가제',
    removed: 'frontmatter@before',
    tags: ['역', '열쇠'],
    body: (story) => whole(story),
  },
  {
    name: 'frontmatter in Korean',
    raw: ({ title, body }) => `---\n제목: ${title}\n장르: 호러\n태그: 역, 열쇠\n---\n${body}`,
    removed: 'frontmatter@before',
    tags: ['역', '열쇠'],
  },
  {
    name: 'frontmatter after a greeting',
    raw: ({ title, body }) => `네, 작성했습니다.\n\n---\ntitle: ${title}\ndraft: false\n---\n\n${body}`,
    removed: 'talk@before frontmatter@before',
  },
  {
    name: 'frontmatter without its first rule',
    raw: ({ title, body }) => `title: ${title}\ntags: 역, 열쇠\n---\n\n${body}`,
    removed: 'frontmatter@before',
    tags: ['역', '열쇠'],
  },
];

const TALK: Reading[] = [
  ...[
    '네, 알겠습니다.',
    '물론입니다! 말씀하신 소재를 엮어 한 편 써 보았습니다.',
    '물론이죠. 분위기를 천천히 쌓아 가는 쪽으로 구성했어요.',
    '요청하신 단편입니다.',
    '아래는 주어진 조건에 맞춘 심리 호러 단편입니다.',
    '안녕하세요! 부탁하신 이야기를 준비했습니다. 재미있게 읽어 주세요.',
    '소재가 흥미롭네요. 서로 맞물리도록 풀어 보겠습니다.',
    '제시해 주신 여덟 요소를 모두 반영하였습니다.',
    '그럼, 시작하겠습니다.',
    '다음과 같이 작성해 보았습니다:',
    'Certainly! Here is your story.',
    'Below is a psychological horror story in Korean.',
  ].map((talk): Reading => ({ name: `"${talk}" above the title`, raw: before(talk), removed: 'talk@before' })),
  {
    name: 'talk over two paragraphs',
    raw: before('알겠습니다.\n\n아래 소재로 쓴 단편을 보여 드립니다.'),
    removed: 'talk@before talk@before',
  },
  { name: 'talk over a rule', raw: before('요청하신 이야기입니다.\n\n---'), removed: 'talk@before rule@before' },
  {
    name: 'talk right above the heading',
    raw: ({ title, body }) => `좋아요, 한 편 적어 볼게요.\n# ${title}\n\n${body}`,
    removed: 'talk@before',
  },
  {
    name: 'talk above a bold title',
    raw: ({ title, body }) => `네, 써 보겠습니다.\n\n**${title}**\n\n${body}`,
    removed: 'talk@before title@before',
  },
  {
    name: 'talk above a text without a title',
    raw: ({ body }) => `요청하신 소재로 쓴 단편 소설을 보내 드립니다.\n\n${body}`,
    title: null,
    removed: 'talk@before',
  },
  {
    name: 'talk below the title',
    raw: ({ title, body }) => `# ${title}\n\n다음은 요청하신 소재로 쓴 단편입니다.\n\n${body}`,
    removed: 'talk@before',
  },
  {
    name: 'talk and a rule above a text without a title',
    raw: ({ body }) => `네, 알겠습니다.\n\n---\n\n${body}`,
    title: null,
    removed: 'talk@before rule@before',
  },
  {
    name: 'a bare "네." above a text without a title',
    raw: ({ body }) => `네, 알겠습니다.\n\n${body}`,
    title: null,
    body: ({ body }) => `네, 알겠습니다.\n\n${body}`,
    doubts: 'unclear_preface',
  },
];

const NOTES: Reading[] = [
  {
    name: 'a list of methods above the title',
    raw: before('## 구상\n\n- 반전: 주인공이 유실물이다\n- 복선: 글씨체\n- 시점: 1인칭'),
    removed: 'note@before',
  },
  {
    name: 'a plan with paragraphs above the title',
    raw: before(
      '# 작업 계획\n\n주인공의 결핍을 먼저 보여 주고, 복선을 세 번 심은 뒤 반전으로 간다.\n\n- 문체: 건조하게',
    ),
    removed: 'note@before',
  },
  {
    name: 'a work note in a quotation',
    raw: before('> 작성 메모: 복선은 글씨체, 반전은 사원증. 결말은 설명하지 않는다.'),
    removed: 'note@before',
  },
  {
    name: 'metadata in bold',
    raw: before('**장르:** 심리 호러\n**분량:** 약 3,500자\n**시점:** 1인칭'),
    removed: 'label@before',
  },
  {
    name: 'metadata below the title',
    raw: ({ title, body }) => `# ${title}\n\n장르: 심리 호러 | 분량: 3,400자\n\n---\n\n${body}`,
    removed: 'label@before rule@before',
  },
  {
    name: 'the genre below the title',
    raw: ({ title, body }) => `# ${title}\n\n*심리 호러 단편*\n\n${body}`,
    removed: 'label@before',
  },
  {
    name: 'a byline below the title',
    raw: ({ title, body }) => `# ${title}\n\n글: Claude\n\n${body}`,
    removed: 'label@before',
  },
  {
    name: 'a heading for the text',
    raw: ({ title, body }) => `# ${title}\n\n## 본문\n\n${body}`,
    removed: 'label@before',
  },
  {
    name: 'hashtags below the title',
    raw: ({ title, body }) => `# ${title}\n\n#역 #열쇠 #밤\n\n${body}`,
    removed: 'tags@before',
    tags: ['역', '열쇠', '밤'],
  },
  {
    name: 'a warning below the title',
    raw: ({ title, body }) => `# ${title}\n\n※ 이 글에는 불안을 일으킬 수 있는 묘사가 포함되어 있습니다.\n\n${body}`,
    removed: 'note@before',
  },
  { name: 'a comment', raw: before('<!-- draft 2 -->'), removed: 'note@before' },
  { name: 'a rule above all', raw: before('***'), removed: 'rule@before' },
  {
    name: 'a paragraph above the title that may be the story',
    raw: before('그 역에는 들어온 물건보다 나간 사람이 적었다. 나는 그것을 세는 사람이었다.'),
    body: (story) => before('그 역에는 들어온 물건보다 나간 사람이 적었다. 나는 그것을 세는 사람이었다.')(story),
    doubts: 'unclear_preface',
  },
];

for (const readings of [REASONING, AROUND, FRONTMATTER, TALK, NOTES]) testReadings(STORY, readings);

testReadings(LETTER, [
  { name: 'talk above a letter', raw: before('네, 편지 형식으로 써 보겠습니다.'), removed: 'talk@before' },
  {
    name: 'talk above a letter without a title',
    raw: ({ body }) => `네, 편지 형식으로 써 보겠습니다.\n\n${body}`,
    title: null,
    removed: 'talk@before',
  },
  {
    name: 'a title element above a letter',
    raw: ({ title, body }) => `<title>${title}</title>\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a letter that begins by hoping to be read',
    raw: ({ title, body }) =>
      `# ${title}\n\n혹시 그 역에 있었던 분이 또 계신다면 끝까지 읽어 주시면 좋겠어요.\n\n${body}`,
    body: ({ body }) => `혹시 그 역에 있었던 분이 또 계신다면 끝까지 읽어 주시면 좋겠어요.\n\n${body}`,
  },
  {
    name: 'a letter that begins with what it was to be about',
    raw: ({ title, body }) =>
      `# ${title}\n\n이번 주의 주제는 혼자 있던 날이라고 했어요. 맞는지는 써 보아야 알아요.\n\n${body}`,
    body: ({ body }) => `이번 주의 주제는 혼자 있던 날이라고 했어요. 맞는지는 써 보아야 알아요.\n\n${body}`,
  },
  {
    name: 'talk below the title of a letter',
    raw: ({ title, body }) => `# ${title}\n\n편지 형식의 이야기를 써 보았습니다.\n\n${body}`,
    removed: 'talk@before',
  },
  {
    name: 'a letter that begins with a number of years',
    raw: ({ title, body }) => `# ${title}\n\n네 해에 한 번 있는 날이었어요. 저는 열쇠의 수를 세고 있었어요.\n\n${body}`,
    body: ({ body }) => `네 해에 한 번 있는 날이었어요. 저는 열쇠의 수를 세고 있었어요.\n\n${body}`,
  },
  {
    name: 'something shaped by hand above the record of a voice',
    raw: ({ title, body }) =>
      `# ${title}\n\n저는 새로 외운 손 모양을 한 번 더 지어 보았어요.\n\n녹음이 되고 있다는 불이 들어왔다.\n\n${body}`,
    body: ({ body }) =>
      `저는 새로 외운 손 모양을 한 번 더 지어 보았어요.\n\n녹음이 되고 있다는 불이 들어왔다.\n\n${body}`,
  },
]);
