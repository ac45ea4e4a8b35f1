import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseBlocks, plainText, renderBlocks } from '../../../book/markdown.js';

const render = (text: string) => renderBlocks(parseBlocks(text)).text;

for (const [what, markdown, xhtml] of [
  ['paragraphs, with the line ends of the text', '첫째\n둘째\n\n셋째', '<p>첫째<br/>\n둘째</p>\n<p>셋째</p>\n'],
  ['headings, never one like that of the chapter', '# 하나\n\n### 셋', '<h2>하나</h2>\n<h3>셋</h3>\n'],
  ['emphasis', '*작게* **크게** ~~지움~~', '<p><em>작게</em> <strong>크게</strong> <del>지움</del></p>\n'],
  [
    'emphasis that a particle follows',
    '**"문"**을, *‘너’*는',
    '<p><strong>&quot;문&quot;</strong>을, <em>‘너’</em>는</p>\n',
  ],
  ['nested emphasis', '**굵고 *기운* 글**', '<p><strong>굵고 <em>기운</em> 글</strong></p>\n'],
  ['rules, also right below a paragraph', '글\n---\n***', '<p>글</p>\n<hr/>\n<hr/>\n'],
  ['a line of marks between scenes', '＊ ＊ ＊', '<p class="break">＊ ＊ ＊</p>\n'],
  ['quotes', '> 말\n>\n> 말', '<blockquote>\n<p>말</p>\n<p>말</p>\n</blockquote>\n'],
  ['fences, spaces and all', '```\na  <b>\n  c\n```', '<pre>a  &lt;b&gt;\n  c</pre>\n'],
  ['code', '`a <b> &lt;`', '<p><code>a &lt;b&gt; &amp;lt;</code></p>\n'],
  ['lists', '- 하나\n- 둘', '<ul>\n<li>하나\n</li>\n<li>둘\n</li>\n</ul>\n'],
  ['numbered lists', '3. 셋\n4. 넷', '<ol start="3">\n<li>셋\n</li>\n<li>넷\n</li>\n</ol>\n'],
] as const) {
  test(`Markdown has ${what}`, () => assert.equal(render(markdown), xhtml));
}

for (const [what, text, shown = text] of [
  ['HTML', '<b>글</b><script>x</script>'],
  ['a block of HTML', '<div>\n글\n</div>', '<div><br/>\n글<br/>\n</div>'],
  ['links', '[글](http://example.com/) http://example.com/ a@example.com'],
  ['images', '![글](a.png)'],
  ['addresses in angle brackets', '<http://example.com/>'],
  ['definitions', '[글]: http://example.com/'],
  ['dates that look like lists', '2019. 3. 4. 맑음'],
  ['short dates', '3. 4. 맑음'],
  ['years', '1999. 봄'],
  ['ranges', '1~2시, 3~4시'],
  ['indented paragraphs', '    글'],
  ['a sum', '2 * 3 * 4'],
] as const) {
  test(`${what} are text`, () => {
    const escaped = shown.replaceAll('<br/>', '\u0001').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
    assert.equal(render(text), `<p>${escaped.replaceAll('\u0001', '<br/>').replace(/^ +/, ' ')}</p>\n`);
  });
}

test('entities of HTML that XHTML lacks never reach it, and those that models write are read', () => {
  assert.equal(
    render('&lt;&amp;&#54620;&#xAE00;&nbsp;&copy;&hellip;'),
    '<p>&lt;&amp;한글 &amp;copy;&amp;hellip;</p>\n',
  );
});

test('characters that XML forbids are dropped, in fences too', () => {
  assert.equal(render('가\u0000나\u000b\ufffe다\ud800'), '<p>가나 다</p>\n');
  assert.equal(render('```\n가\u0000\u001b\n\t나\n```'), '<pre>가\n\t나</pre>\n');
});

test('the plain text of a block has no marks and one line', () => {
  const texts = parseBlocks('# **제목**의 `글`\n\n첫째\n둘째 &lt;').map(plainText);
  assert.deepEqual(texts, ['제목의 글', '첫째 둘째 <']);
});
