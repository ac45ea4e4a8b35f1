import { type Judged, testAnswers } from '../../../helpers/stories/readings.js';
import { BUS, NIGHT_DUTY, WELL } from '../../../helpers/stories/sample-stories/singles.js';

// Answers that hold a story in a container, and stories in a form that looks like one.

const E = WELL.body;
const T = WELL.title;
const F = NIGHT_DUTY.body;
const U = NIGHT_DUTY.title;
const ps = E.split('\n\n');
const t = (text: string) => `# ${T}\n\n${text}`;

const ANSWERS: Judged[] = [
  ['story', 'html paragraphs', `<h1>${T}</h1>\n${ps.map((p) => `<p>${p}</p>`).join('\n')}`, T, E],
  ['story', 'html with br and article', `<article>\n<h2>${T}</h2>\n<p>${ps.join('<br><br>\n')}</p>\n</article>`, T, E],
  [
    'story',
    'html div lines',
    `<div class="story">\n<h3>${T}</h3>\n${ps.map((p) => `<div>${p}</div>`).join('\n')}\n</div>`,
    T,
    E,
  ],
  [
    'story',
    'html with inline styles and entities',
    `<p style="text-align:center"><strong>${T}</strong></p>\n${ps.map((p) => `<p style="text-indent:1em">${p.replaceAll('“', '&ldquo;').replaceAll('”', '&rdquo;')}</p>`).join('\n\n')}`,
    T,
    E,
  ],
  ['story', 'json title content', JSON.stringify({ title: T, content: E, tags: ['우물', '도장'] }), T, E],
  ['story', 'json paragraphs', `\`\`\`json\n${JSON.stringify({ 제목: T, 문단: ps }, null, 2)}\n\`\`\``, T, E],
  [
    'story',
    'json with preface',
    `다음은 요청하신 JSON입니다.\n\n${JSON.stringify({ story: { title: T, body: ps } }, null, 1)}`,
    T,
    E,
  ],
  ['story', 'json array of one', JSON.stringify([{ title: T, content: E }]), T, E],
  ['story', 'json lines unescaped', `{\n "title": "${T}",\n "content": "${E.replaceAll('"', '\\"')}"\n}`, T, E],
  [
    'story',
    'yaml block',
    `title: ${T}\nbody: |\n${E.split('\n')
      .map((l) => `  ${l}`)
      .join('\n')}`,
    '막힌 우물의 수위',
    E,
  ],
  [
    'story',
    'tool call wrapper',
    `<tool_call>\n${JSON.stringify({ name: 'write_file', arguments: { path: 'story.md', content: t(E) } })}\n</tool_call>`,
    T,
    E,
  ],
  ['story', 'block quote', `${t('')}${ps.map((p) => `> ${p}`).join('\n>\n')}`, T, E],
  ['story', 'one-column table', `| ${T} |\n| --- |\n${ps.map((p) => `| ${p} |`).join('\n')}`, T, E],
  [
    'story',
    'two-column table of title and text',
    `| 제목 | 본문 |\n| --- | --- |\n| ${T} | ${ps.join('<br><br>')} |`,
    T,
    E,
  ],
  ['story', 'xml title and body', `<title>${T}</title>\n<body>\n${E}\n</body>`, T, E],
  [
    'story',
    'numbered paragraphs',
    t(ps.map((p, i) => `[${i + 1}] ${p}`).join('\n\n')),
    T,
    ps.map((p, i) => `[${i + 1}] ${p}`).join('\n\n'),
  ],
  [
    'story',
    'chapters',
    t(`### 1장. 수위\n\n${ps.slice(0, 6).join('\n\n')}\n\n### 2장. 도장\n\n${ps.slice(6).join('\n\n')}`),
    T,
    `### 1장. 수위\n\n${ps.slice(0, 6).join('\n\n')}\n\n### 2장. 도장\n\n${ps.slice(6).join('\n\n')}`,
  ],
  [
    'story',
    'letter with address',
    `# ${U}\n\n수진 씨께.\n\n안녕하세요.\n\n${F}\n\n2019년 겨울, 전임자 올림`,
    U,
    `수진 씨께.\n\n안녕하세요.\n\n${F}\n\n2019년 겨울, 전임자 올림`,
  ],
  ['story', 'transcript', t(`[녹취 시작]\n\n${E}\n\n[녹취 끝]`), T, `[녹취 시작]\n\n${E}\n\n[녹취 끝]`],
  [
    'story',
    'log with session end',
    t(`${ps.map((p, i) => `23:${10 + i} ${p}`).join('\n')}\n시스템: 세션이 종료되었습니다.`),
    T,
    `${ps.map((p, i) => `23:${10 + i} ${p}`).join('\n')}\n시스템: 세션이 종료되었습니다.`,
  ],
  [
    'story',
    'questionnaire',
    t(ps.map((p, i) => `문항 ${i + 1}. 그때 무엇을 보았는가?\n답: ${p}`).join('\n\n')),
    T,
    ps.map((p, i) => `문항 ${i + 1}. 그때 무엇을 보았는가?\n답: ${p}`).join('\n\n'),
  ],
  [
    'story',
    'bus with speaker names',
    `# 하차\n\n${BUS.body
      .split('\n\n')
      .map((p, i) => `${i % 2 ? '아이' : '윤 기사'}: ${p}`)
      .join('\n\n')}`,
    '하차',
    BUS.body
      .split('\n\n')
      .map((p, i) => `${i % 2 ? '아이' : '윤 기사'}: ${p}`)
      .join('\n\n'),
  ],
  [
    'story',
    'xml with metadata',
    `<output>\n<title>${T}</title>\n<genre>심리 호러</genre>\n<content>\n${E}\n</content>\n</output>`,
    T,
    E,
  ],
  [
    'story',
    'html page',
    `<!DOCTYPE html>\n<html><head><meta charset="utf-8"><title>${T}</title></head>\n<body>\n<h1>${T}</h1>\n${ps.map((p) => `<p>${p}</p>`).join('\n')}\n</body></html>`,
    T,
    E,
  ],
];

testAnswers(700, ANSWERS);
