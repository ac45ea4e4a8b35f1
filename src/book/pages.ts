import { formatNumber } from '../lib/format-number.js';
import { type Html, html } from '../report/html/template.js';
import { authorOf } from './authors.js';
import type { Book } from './book.js';
import { formatDate } from './dates.js';
import type { BookStory } from './load.js';
import { parseBlocks, plainText, renderBlocks } from './markdown.js';

// The pages of a book, as XHTML.

/** Files of the book, beside each other in one folder. */
export const TITLE_PAGE = 'title.xhtml';
export const CONTENTS_PAGE = 'nav.xhtml';
export const STYLESHEET_FILE = 'style.css';

/** @param number of the chapter, from 1 */
export function chapterFile(number: number): string {
  return `chapter-${String(number).padStart(4, '0')}.xhtml`;
}

/** The title page: what the book is, and who wrote it. */
export function titlePage({ title, dates, authors, stories, madeAt }: Book): string {
  const offline = authors.filter(({ isOffline }) => isOffline).reduce((sum, author) => sum + author.stories, 0);
  return page(
    title,
    html`<section class="title" epub:type="titlepage">
<h1>호러 단편집</h1>
<p>${dates}</p>
<p>소설 ${formatNumber(stories.length)}편</p>
<p class="about">이 책의 소설은 사람이 쓰지 않았습니다. 쓴 이는 다음과 같습니다.</p>
<ul>
${authors.map((author) => html`<li>${author.name}: ${formatNumber(author.stories)}편</li>\n`)}</ul>
${offline > 0 && html`<p>내장 작가(offline)는 프로그램에 들어 있는 문장으로 이야기를 짓습니다. 그 소설은 Claude가 쓴 것이 아닙니다.</p>\n`}<p class="made">${formatDate(madeAt)}에 엮음</p>
</section>`,
  );
}

/** The table of contents: a page for readers, and for reading systems the navigation of EPUB 3. */
export function contentsPage({ title, stories }: Book): string {
  const chapters = stories.map((story, at) => html`<li><a href="${chapterFile(at + 1)}">${story.title}</a></li>\n`);
  return page(
    title,
    html`<nav epub:type="toc" role="doc-toc" id="toc">
<h1>차례</h1>
<ol>
${chapters}</ol>
</nav>
<nav epub:type="landmarks" hidden="hidden">
<h2>이동</h2>
<ol>
<li><a epub:type="titlepage" href="${TITLE_PAGE}">표지</a></li>
<li><a epub:type="toc" href="${CONTENTS_PAGE}">차례</a></li>
<li><a epub:type="bodymatter" href="${chapterFile(1)}">본문</a></li>
</ol>
</nav>`,
  );
}

/** The chapter of a story: its title, its text, and when it was written by whom. */
export function chapterPage(story: BookStory): string {
  return page(
    story.title,
    html`<section epub:type="chapter" role="doc-chapter">
<h1>${story.title}</h1>
${bodyOf(story)}<p class="note">${formatDate(story.writtenAt)} · ${authorOf(story)}</p>
</section>`,
  );
}

/** `제목: `, as some authors begin the line of their title. */
const TITLE_LABEL = /^제목\s*[:：]\s*/;

/** The text without the title that it has itself: a heading anywhere, or the first line. */
function bodyOf({ title, text }: BookStory): Html {
  const blocks = parseBlocks(text);
  const wanted = title.replace(/\s+/g, ' ').trim();
  const own = blocks.findIndex(
    (block, at) => (block.type === 'heading' || at === 0) && plainText(block).replace(TITLE_LABEL, '') === wanted,
  );
  return renderBlocks(blocks.filter((_, at) => at !== own));
}

function page(title: string, body: Html): string {
  return html`<?xml version="1.0" encoding="utf-8"?>
<!DOCTYPE html>
<html xmlns="http://www.w3.org/1999/xhtml" xmlns:epub="http://www.idpf.org/2007/ops" lang="ko" xml:lang="ko">
<head>
<meta charset="utf-8"/>
<title>${title}</title>
<link rel="stylesheet" type="text/css" href="${STYLESHEET_FILE}"/>
</head>
<body>
${body}
</body>
</html>
`.text;
}
