import { type Reading, storyOf, testReadings } from '../../../helpers/stories/readings.js';

const STORY = storyOf('prose', 4);
const LOG = storyOf('log', 1);
const LETTER = storyOf('letter', 3);
const POST = storyOf('post', 1);

const after = (text: string) => (story: { title: string; body: string }) =>
  `# ${story.title}\n\n${story.body}\n\n${text}`;
const taken = (text: string, removed: string, more: Partial<Reading> = {}): Reading => ({
  name: `a story above ${JSON.stringify(text.slice(0, 40))}`,
  raw: after(text),
  removed,
  ...more,
});

const END_MARKERS = [
  ...['끝', '끝.', '(끝)', '[끝]', '<끝>', '*끝*', '**끝**', '_끝_', '- 끝 -', '— 끝 —', '~ 끝 ~', '### 끝', '〈끝〉'],
  ...[
    '(완)',
    '완',
    '[완결]',
    '終',
    '完',
    'The End',
    'THE END',
    '*The End.*',
    'Fin',
    '~fin~',
    'END OF STORY',
    '(이야기 끝)',
  ],
  ...[
    '소설 끝',
    '1화 끝',
    '[4화 끝]',
    '*> 1화 끝*',
    '_-1장 끝-_',
    '> 12화 끝. 다음 화에서 계속.',
    '제3장 完',
    'Chapter 2 End',
  ],
  ...[
    '계속',
    '(계속)',
    '다음 화에 계속',
    '— 5화에서 계속 —',
    '다음 편에서 이어집니다.',
    'To be continued...',
    '[작성 완료]',
    '집필 완료',
  ],
];

const COUNTS = [
  ...[
    '(총 3,512자)',
    '_분량: 약 4,200자_',
    '(공백 포함 4,247자)',
    '약 3,500자',
    '글자 수: 3,421자(공백 포함)',
    '[본문 3,318자]',
  ],
  ...[
    '분량: 공백 포함 약 3,500자입니다.',
    '총 글자 수 약 3,600자로 작성했습니다.',
    '200자 원고지 약 18매',
    'Word count: 1,204 words',
  ],
  '예상 읽는 시간: 약 7분',
];

const DATES = [
  '_작성일: 2026-11-28_',
  '작성일: 2026년 11월 28일',
  '(2026.11.28 작성)',
  '최종 수정일: 2026. 11. 28.',
  '*집필: 2026-11-28 03:12*',
];

const TALK = [
  '이 이야기가 마음에 드셨나요? 다른 결말도 써 드릴 수 있습니다.',
  '어떠셨나요? 더 어두운 분위기를 원하시면 말씀해 주세요.',
  '원하시면 뒷이야기를 이어서 써 드릴게요.',
  '수정이 필요한 부분이 있으면 알려 주세요!',
  '분량을 조정하거나 시점을 바꾸고 싶으시면 언제든 요청해 주세요.',
  '혹시 다른 소재로도 한 편 더 써 드릴까요?',
  'Let me know if you want a different ending.',
  'Would you like me to continue the story?',
];

const NOTES = [
  '**작가의 말:** 이 이야기는 분실물이라는 소재로 자기 상실의 공포를 표현했습니다.',
  '## 해설\n\n이 작품은 접수대장이라는 장치를 통해 화자의 정체를 뒤집는다. 복선은 글씨체에 있다.',
  '### 작가 노트\n- 복선: 글씨체\n- 반전: 사원증',
  '[집필 의도]\n일상의 공간이 서서히 낯설어지는 과정을 묘사하려고 했습니다.',
  '수정 사항:\n- 도입부의 설명을 줄임\n- 결말의 여운을 살림',
  '### 자체 점검\n\n- **문체 일치도**:\n- **복선 회수**: ✔\n- **공포 지수**: 8/10',
  '- **분량 준수**: 적합\n- **반전**: 통과',
  '**다음 화 예고**\n창구에 새 열쇠가 들어온다.',
  '> 다음 화 예고: 두 번째 열쇠',
  '작성 메모: 반전은 사원증으로 처리했고 결말은 열어 두었다.',
  '※ 본 작품은 픽션이며 실제 인물, 단체와 관련이 없습니다.',
  '*이 소설은 AI가 작성했습니다.*',
  '<!-- 검토 필요 -->',
  '이 소설은 기억을 잃는 두려움을 중심으로 구성했습니다.',
  '---\n\n이 단편은 유실물이라는 소재에서 출발해 반전까지 단서를 따라가도록 설계했습니다.',
];

testReadings(
  STORY,
  END_MARKERS.map((text) => taken(text, 'end_marker@after')),
);
testReadings(
  STORY,
  COUNTS.map((text) => taken(text, 'count@after')),
);
testReadings(
  STORY,
  DATES.map((text) => taken(text, 'date@after')),
);
testReadings(
  STORY,
  ['---', '***', '* * *', '———', '⸻', '◇ ◇ ◇'].map((text) => taken(text, 'rule@after')),
);
testReadings(
  STORY,
  TALK.map((text) => taken(text, 'talk@after')),
);

for (const text of NOTES) {
  const rule = text.startsWith('---') ? 'rule@after ' : '';
  const fields = text.startsWith('- **분량') ? 'note@after note@after' : '';
  testReadings(STORY, [taken(text, fields || `${rule}note@after`)]);
}

testReadings(STORY, [
  taken('## 태그\n\n- 유실물\n- 지하철\n- 심리 호러', 'tags@after', { tags: ['유실물', '지하철', '심리 호러'] }),
  taken('## 태그\n#유실물 #지하철', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('## 태그\n유실물, 지하철, 심리 호러', 'tags@after', { tags: ['유실물', '지하철', '심리 호러'] }),
  taken('## 태그\n`유실물` `지하철`', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('**태그**: #유실물 #지하철', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('태그: 유실물, 지하철', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('[태그] 유실물 · 지하철', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('키워드: 유실물, 지하철', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('**Tags:** lost, subway', 'tags@after', { tags: ['lost', 'subway'] }),
  taken('#유실물 #지하철 #새벽', 'tags@after', { tags: ['유실물', '지하철', '새벽'] }),
  taken('**태그**\n\n- 유실물\n- 지하철', 'tags@after', { tags: ['유실물', '지하철'] }),
  taken('## 태그', 'tags@after'),
  taken('**장르:** 심리 호러\n**분량:** 3,400자', 'label@after count@after'),
]);

testReadings(STORY, [
  {
    name: 'a marker on the last line',
    raw: ({ title, body }) => `# ${title}\n\n${body} (끝)`,
    removed: 'end_marker@after',
  },
  {
    name: 'a marker in stars on the last line',
    raw: ({ title, body }) => `# ${title}\n\n${body} *끝*`,
    removed: 'end_marker@after',
  },
  {
    name: 'English words on the last line',
    raw: ({ title, body }) => `# ${title}\n\n${body} The End`,
    removed: 'end_marker@after',
  },
  {
    name: 'the end of the title',
    raw: ({ title, body }) => `# ${title}\n\n${body}\n\n— 「${title}」 끝 —`,
    removed: 'end_marker@after',
  },
  taken('---\n\n(끝)', 'rule@after end_marker@after'),
  taken('(끝)\n\n---\n\n(총 3,400자)', 'end_marker@after rule@after count@after'),
  taken('> 3화 끝.\n> 다음 화에서 계속.', 'end_marker@after end_marker@after'),
  taken(
    '**끝**\n\n## 태그\n- 유실물\n- 밤\n\n## 작가의 말\n이 이야기는 반전과 복선을 중심으로 구성했습니다.\n\n마음에 드셨다면 다른 소재로도 써 드리겠습니다.',
    'end_marker@after tags@after note@after talk@after',
    { tags: ['유실물', '밤'] },
  ),
  taken('_끝_\n_작성일: 2026-11-28_\n_분량: 약 4,200자_', 'end_marker@after date@after count@after'),
  taken('```json\n{"title": "가제", "tags": ["유실물", "밤"], "wordCount": 3400}\n```', 'tags@after', {
    tags: ['유실물', '밤'],
  }),
]);

testReadings(LETTER, [
  taken('원하시면 답장도 이어서 써 드리겠습니다.', 'talk@after'),
  taken('고치고 싶은 부분이 있으시면 말씀해 주세요. 분위기를 더 어둡게 바꿀 수도 있습니다.', 'talk@after'),
  taken('이 단편은 편지라는 형식으로 상실의 공포를 표현했습니다.', 'note@after'),
  taken('(총 2,900자)', 'count@after'),
  taken('— 끝 —', 'end_marker@after'),
  taken('**작가의 말:** 편지 형식의 특성을 살려 반전을 배치했습니다.', 'note@after'),
]);

testReadings(LOG, [
  taken('(끝)', 'end_marker@after'),
  taken('태그: 경비, 승강기', 'tags@after', { tags: ['경비', '승강기'] }),
]);
testReadings(POST, [taken('이 글의 결말이 마음에 안 드시면 다르게 써 드릴게요.', 'talk@after')]);
