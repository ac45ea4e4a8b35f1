import { html } from '../report/html/template.js';
import type { Book } from './book.js';
import { CONTENTS_PAGE, chapterFile, STYLESHEET_FILE, TITLE_PAGE } from './pages.js';

// The files that tell a reading system what a book is made of.

/** The folder of the book's files in the archive. */
export const CONTENT_FOLDER = 'EPUB';
export const PACKAGE_FILE = 'package.opf';
/** The table of contents of EPUB 2, for old reading systems. */
export const NCX_FILE = 'toc.ncx';

/** META-INF/container.xml, which says where the package document is. */
export function containerDocument(): string {
  return html`<?xml version="1.0" encoding="utf-8"?>
<container version="1.0" xmlns="urn:oasis:names:tc:opendocument:xmlns:container">
<rootfiles>
<rootfile full-path="${CONTENT_FOLDER}/${PACKAGE_FILE}" media-type="application/oebps-package+xml"/>
</rootfiles>
</container>
`.text;
}

/** The package document: metadata, files and reading order. */
export function packageDocument({ title, identifier, authors, dates, stories, madeAt }: Book): string {
  const chapters = stories.map((_, at) => ({ id: `chapter-${at + 1}`, file: chapterFile(at + 1) }));
  // Seconds: the form that the standard asks for.
  const modified = new Date(madeAt).toISOString().replace(/\.\d+Z$/, 'Z');
  const xhtml = 'application/xhtml+xml';
  return html`<?xml version="1.0" encoding="utf-8"?>
<package xmlns="http://www.idpf.org/2007/opf" version="3.0" unique-identifier="book-id" xml:lang="ko">
<metadata xmlns:dc="http://purl.org/dc/elements/1.1/">
<dc:identifier id="book-id">${identifier}</dc:identifier>
<dc:title>${title}</dc:title>
<dc:language>ko</dc:language>
${authors.map(({ name }) => html`<dc:creator>${name}</dc:creator>\n`)}<dc:subject>호러</dc:subject>
<dc:description>${dates}에 쓴 호러 단편 ${stories.length}편</dc:description>
<dc:date>${modified}</dc:date>
<meta property="dcterms:modified">${modified}</meta>
<meta property="schema:accessMode">textual</meta>
<meta property="schema:accessModeSufficient">textual</meta>
<meta property="schema:accessibilityFeature">tableOfContents</meta>
<meta property="schema:accessibilityFeature">readingOrder</meta>
<meta property="schema:accessibilityFeature">structuralNavigation</meta>
<meta property="schema:accessibilityHazard">none</meta>
</metadata>
<manifest>
<item id="nav" href="${CONTENTS_PAGE}" media-type="${xhtml}" properties="nav"/>
<item id="ncx" href="${NCX_FILE}" media-type="application/x-dtbncx+xml"/>
<item id="style" href="${STYLESHEET_FILE}" media-type="text/css"/>
<item id="title-page" href="${TITLE_PAGE}" media-type="${xhtml}"/>
${chapters.map(({ id, file }) => html`<item id="${id}" href="${file}" media-type="${xhtml}"/>\n`)}</manifest>
<spine toc="ncx">
<itemref idref="title-page"/>
<itemref idref="nav"/>
${chapters.map(({ id }) => html`<itemref idref="${id}"/>\n`)}</spine>
</package>
`.text;
}

/** toc.ncx. */
export function ncxDocument({ title, identifier, stories }: Book): string {
  const entries = [
    { label: '표지', file: TITLE_PAGE },
    { label: '차례', file: CONTENTS_PAGE },
    ...stories.map((story, at) => ({ label: story.title, file: chapterFile(at + 1) })),
  ];
  const points = entries.map(
    ({ label, file }, at) => html`<navPoint id="point-${at + 1}" playOrder="${at + 1}">
<navLabel><text>${label}</text></navLabel>
<content src="${file}"/>
</navPoint>
`,
  );
  return html`<?xml version="1.0" encoding="utf-8"?>
<ncx xmlns="http://www.daisy.org/z3986/2005/ncx/" version="2005-1" xml:lang="ko">
<head>
<meta name="dtb:uid" content="${identifier}"/>
<meta name="dtb:depth" content="1"/>
<meta name="dtb:totalPageCount" content="0"/>
<meta name="dtb:maxPageNumber" content="0"/>
</head>
<docTitle><text>${title}</text></docTitle>
<navMap>
${points}</navMap>
</ncx>
`.text;
}
