import { type Reading, storyOf, testReadings } from '../../../helpers/stories/readings.js';

const STORY = storyOf('prose');

const TITLES: Reading[] = [
  { name: 'a heading', raw: ({ title, body }) => `# ${title}\n\n${body}` },
  {
    name: 'a heading of the second level',
    raw: ({ title, body }) => `## ${title}\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a heading of the third level', raw: ({ title, body }) => `### ${title}\n${body}`, removed: 'title@before' },
  { name: 'a heading without its blank', raw: ({ title, body }) => `#${title}\n\n${body}`, removed: 'title@before' },
  {
    name: 'a heading that is closed with #',
    raw: ({ title, body }) => `# ${title} #\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a bold heading', raw: ({ title, body }) => `# **${title}**\n\n${body}`, removed: 'title@before' },
  { name: 'a heading in italics', raw: ({ title, body }) => `# *${title}*\n\n${body}`, removed: 'title@before' },
  {
    name: 'a heading in quotation marks',
    raw: ({ title, body }) => `# "${title}"\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a heading in corner brackets',
    raw: ({ title, body }) => `# 『${title}』\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a heading right above the text', raw: ({ title, body }) => `# ${title}\n${body}` },
  { name: 'a heading below empty lines', raw: ({ title, body }) => `\n\n \n# ${title}\n\n\n\n${body}\n\n` },
  {
    name: 'a heading with Windows line ends',
    raw: ({ title, body }) => `# ${title}\n\n${body}`.replaceAll('\n', '\r\n'),
  },
  { name: 'a heading behind a byte order mark', raw: ({ title, body }) => `\ufeff# ${title}\n\n${body}` },
  {
    name: 'a heading behind zero-width spaces',
    raw: ({ title, body }) => `\u200b\u200b# ${title}\u200b\n\n${body}\u200d`,
  },
  { name: 'a heading in decomposed letters', raw: ({ title, body }) => `# ${title}\n\n${body}`.normalize('NFD') },
  { name: 'a heading with a control character', raw: ({ title, body }) => `# ${title}\u0000\n\n\u0007${body}` },
  { name: 'a label in the heading', raw: ({ title, body }) => `# 제목: ${title}\n\n${body}`, removed: 'title@before' },
  {
    name: 'a bold label in the heading',
    raw: ({ title, body }) => `# **제목: ${title}**\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a bold word of a label in the heading',
    raw: ({ title, body }) => `## **제목:** ${title}\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a label with a dash', raw: ({ title, body }) => `# 제목 - ${title}\n\n${body}`, removed: 'title@before' },
  { name: 'an English label', raw: ({ title, body }) => `Title: ${title}\n\n${body}`, removed: 'title@before' },
  {
    name: 'a label for a tale',
    raw: ({ title, body }) => `단편 제목: 「${title}」\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a label in brackets', raw: ({ title, body }) => `[제목] ${title}\n\n${body}`, removed: 'title@before' },
  {
    name: 'a label and the text right below',
    raw: ({ title, body }) => `제목: ${title}\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a label with a wide colon',
    raw: ({ title, body }) => `제목： ${title}\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a label before a bold title',
    raw: ({ title, body }) => `제목: **${title}**\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a bold label', raw: ({ title, body }) => `**제목**: ${title}\n\n${body}`, removed: 'title@before' },
  {
    name: 'a heading that is only a label',
    raw: ({ title, body }) => `# 제목\n\n${title}\n\n${body}`,
    removed: 'label@before title@before',
  },
  {
    name: 'a label heading over the heading',
    raw: ({ title, body }) => `# 제목\n# ${title}\n\n${body}`,
    removed: 'label@before',
  },
  {
    name: 'a label heading over a bold title',
    raw: ({ title, body }) => `## 제목\n**${title}**\n\n${body}`,
    removed: 'label@before title@before',
  },
  {
    name: 'a label alone in brackets',
    raw: ({ title, body }) => `[제목]\n${title}\n\n[본문]\n${body}`,
    removed: 'label@before title@before label@before',
  },
  {
    name: 'a title underlined with =',
    raw: ({ title, body }) => `${title}\n======\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a title underlined with -', raw: ({ title, body }) => `${title}\n---\n\n${body}`, removed: 'title@before' },
  { name: 'a bold line', raw: ({ title, body }) => `**${title}**\n\n${body}`, removed: 'title@before' },
  { name: 'a line in underscores', raw: ({ title, body }) => `__${title}__\n\n${body}`, removed: 'title@before' },
  {
    name: 'a line in three stars',
    raw: ({ title, body }) => `***${title}***\n\n---\n\n${body}`,
    removed: 'title@before rule@before',
  },
  { name: 'a quoted line', raw: ({ title, body }) => `"${title}"\n\n${body}`, removed: 'title@before' },
  {
    name: 'a line in curled quotation marks',
    raw: ({ title, body }) => `“${title}”\n\n${body}`,
    removed: 'title@before',
  },
  { name: 'a line in angle brackets', raw: ({ title, body }) => `<${title}>\n\n${body}`, removed: 'title@before' },
  {
    name: 'a line in double angle brackets',
    raw: ({ title, body }) => `《${title}》\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a genre before a title in brackets',
    raw: ({ title, body }) => `심리 호러 단편 「${title}」\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a genre in brackets before the title',
    raw: ({ title, body }) => `# [단편] ${title}\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a genre heading over the title',
    raw: ({ title, body }) => `# 심리 호러 단편\n\n## ${title}\n\n${body}`,
    removed: 'label@before title@before',
  },
  { name: 'a short line set apart', raw: ({ title, body }) => `${title}\n\n${body}`, removed: 'title@before' },
  {
    name: 'a title that stands again below',
    raw: ({ title, body }) => `# ${title}\n\n**${title}**\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a title that stands again as a heading',
    raw: ({ title, body }) => `# ${title}\n\n## ${title}\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a title above its own heading',
    raw: ({ title, body }) => `「${title}」\n\n# ${title}\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a title with a mark of its state',
    raw: ({ title, body }) => `# ${title} (완)\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a title in an element',
    raw: ({ title, body }) => `<title>${title}</title>\n\n${body}`,
    removed: 'title@before',
  },
  {
    name: 'a numbered part with its name',
    raw: ({ body }) => `# 12화. 돌아온 열쇠\n\n${body}`,
    title: '12화. 돌아온 열쇠',
  },
  {
    name: 'a chapter with spaces and a dash',
    raw: ({ body }) => `### 제 6 화 ― 빈칸\n\n${body}`,
    title: '제 6 화 ― 빈칸',
    removed: 'title@before',
  },
  { name: 'an English chapter', raw: ({ body }) => `# Chapter 3: 빈칸\n\n${body}`, title: 'Chapter 3: 빈칸' },
  {
    name: 'a chapter in bold',
    raw: ({ body }) => `**제3화: 빈칸**\n\n${body}`,
    title: '제3화: 빈칸',
    removed: 'title@before',
  },
  {
    name: 'a chapter over its name',
    raw: ({ body }) => `# 제3장\n\n## 빈칸\n\n${body}`,
    title: '제3장 빈칸',
    removed: 'title@before',
  },
  { name: 'a chapter without a name', raw: ({ body }) => `# 제3장\n\n${body}`, title: '제3장' },
  {
    name: 'a part number on a plain line',
    raw: ({ body }) => `4화: 빈칸\n\n${body}`,
    title: '4화: 빈칸',
    removed: 'title@before',
  },
  {
    name: 'a title that is a sentence',
    raw: ({ body }) => `# 문은 안에서 열린다\n\n${body}`,
    title: '문은 안에서 열린다',
  },
  { name: 'a title that asks', raw: ({ body }) => `# 거기 누구 있나요?\n\n${body}`, title: '거기 누구 있나요?' },
  {
    name: 'a title that is an hour',
    raw: ({ body }) => `# 새벽 세 시 십칠 분\n\n${body}`,
    title: '새벽 세 시 십칠 분',
  },
  {
    name: 'a title with quotation marks within',
    raw: ({ body }) => `# 그가 "왔다" 말했다\n\n${body}`,
    title: '그가 "왔다" 말했다',
  },
  {
    name: 'a title that begins with the word for title',
    raw: ({ body }) => `# 제목 없는 상자\n\n${body}`,
    title: '제목 없는 상자',
  },
  {
    name: 'a title that names a tale',
    raw: ({ body }) => `# 끝나지 않는 이야기\n\n${body}`,
    title: '끝나지 않는 이야기',
  },
  { name: 'no title at all', raw: ({ body }) => body, title: null },
  {
    name: 'a label that nothing follows',
    raw: ({ body }) => `# 제목\n\n${body}`,
    title: null,
    removed: 'label@before',
  },
];

testReadings(STORY, TITLES);

testReadings(storyOf('letter'), [
  { name: 'a letter without a title', raw: ({ body }) => body, title: null },
  { name: 'a letter below a bold title', raw: ({ title, body }) => `**${title}**\n\n${body}`, removed: 'title@before' },
]);

testReadings(storyOf('diary'), [
  { name: 'a diary without a title, whose first line is a date,', raw: ({ body }) => body, title: null },
  {
    name: 'a diary whose dates are headings',
    raw: ({ body }) => body.replace(/^11월 .*$/gm, '## $&'),
    title: null,
    body: ({ body }) => body.replace(/^11월 .*$/gm, '## $&'),
  },
]);

const SAID = [
  ['speech in quotation marks', '“거기 아직 있어요?”'],
  ['a call', '"엄마"'],
  ['speech that ends in a verb', '"이제 그만 나와"'],
  ['a thought in italics', '*그 소리는 벽에서 났다*'],
  ['a sentence without its full stop', '비가 온다'],
  ['an hour', '오전 3시 14분'],
  ['an address', '정우에게'],
  ['a mark of a recording', '[녹음 시작]'],
  ['a name in a transcript', '상담사: 여보세요.'],
  ['a number', '1'],
] as const;

testReadings(
  STORY,
  SAID.map(([name, line]) => ({
    name: `a story that begins with ${name}`,
    raw: ({ body }) => `${line}\n\n${body}`,
    title: null,
    body: ({ body }) => `${line}\n\n${body}`,
  })),
);
