import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readTemplate, TemplateError } from '../../../prompt/template.js';
import { temporaryFolder } from '../../helpers/fakes.js';

function templateFile(t: TestContext, content: unknown): string {
  const path = join(temporaryFolder(t), 'night.json');
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

test('a template is rendered as Korean headings with lists below them', (t) => {
  const path = templateFile(t, {
    story_config: { genre: '심리 호러', target_length: 3500, supernatural: false },
    story_elements: {
      setting: { location: '폐쇄된 병원', time_period: '현대' },
      characters: ['간호사', '경비원'],
    },
    writing_style: ['짧은 문장', '1인칭'],
    additional_requirements: '피를 보이지 말 것',
  });
  assert.deepEqual(readTemplate(path), {
    name: 'night.json',
    text: `[이야기 설정]
- genre: 심리 호러
- target length: 3500
- supernatural: false

[이야기 요소]
- setting:
  - location: 폐쇄된 병원
  - time period: 현대
- characters:
  - 간호사
  - 경비원

[문체]
- 짧은 문장
- 1인칭

[추가 요구 사항]
- 피를 보이지 말 것`,
  });
});

test('what is empty is left out', (t) => {
  const path = templateFile(t, {
    story_config: { genre: '', length: null, nested: { a: [] } },
    story_elements: {},
    writing_style: { tone: '차분', notes: [] },
  });
  assert.equal(readTemplate(path).text, '[문체]\n- tone: 차분');
});

test('a list of objects keeps all of them', (t) => {
  const { text } = readTemplate(templateFile(t, { story_elements: [{ name: '수연', age: 30 }, { name: '민호' }] }));
  assert.equal(text, '[이야기 요소]\n- name: 수연\n- age: 30\n- name: 민호');
});

const REFUSED: [name: string, content: unknown, words: RegExp][] = [
  ['no JSON', '{"story_config":', /올바른 JSON이 아닙니다/],
  ['a list', [], /JSON 객체여야 합니다/],
  ['null', null, /JSON 객체여야 합니다/],
  ['a text', '"틀"', /JSON 객체여야 합니다/],
  ['another section', { story_config: { a: 1 }, style: 'x' }, /모르는 항목 "style".*story_config, story_elements/],
  ['a section named toString', { toString: 'x' }, /모르는 항목 "toString"/],
  ['nothing', {}, /비어 있습니다/],
  ['nothing but empty sections', { story_config: {}, writing_style: ['', null] }, /비어 있습니다/],
];

for (const [name, content, words] of REFUSED) {
  test(`a template that is ${name} is refused by its path`, (t) => {
    const path = templateFile(t, content);
    assert.throws(
      () => readTemplate(path),
      (error) => error instanceof TemplateError && error.message.includes(path) && words.test(error.message),
    );
  });
}

test('a template that cannot be read is refused by its path and the reason', (t) => {
  const folder = temporaryFolder(t);
  const missing = join(folder, 'missing.json');
  assert.throws(() => readTemplate(missing), {
    name: 'TemplateError',
    message: new RegExp(`${missing} \\(ENOENT\\)`),
  });
  mkdirSync(missing);
  assert.throws(() => readTemplate(missing), { name: 'TemplateError', message: /EISDIR/ });
});
