import { strToU8, type Zippable, zipSync } from 'fflate';
import type { Book } from './book.js';
import { CONTENT_FOLDER, containerDocument, NCX_FILE, ncxDocument, PACKAGE_FILE, packageDocument } from './package.js';
import {
  CONTENTS_PAGE,
  chapterFile,
  chapterPage,
  contentsPage,
  STYLESHEET_FILE,
  TITLE_PAGE,
  titlePage,
} from './pages.js';
import { STYLESHEET } from './stylesheet.js';

/** The whole book as an EPUB 3 archive, with a table of contents for readers of EPUB 2. Pure. */
export function toEpub(book: Book): Uint8Array {
  const content: Record<string, string> = {
    [PACKAGE_FILE]: packageDocument(book),
    [NCX_FILE]: ncxDocument(book),
    [STYLESHEET_FILE]: STYLESHEET,
    [TITLE_PAGE]: titlePage(book),
    [CONTENTS_PAGE]: contentsPage(book),
    ...Object.fromEntries(book.stories.map((story, at) => [chapterFile(at + 1), chapterPage(story)])),
  };
  const files: Zippable = {
    // First and not compressed: by it a file is known for an EPUB.
    mimetype: [strToU8('application/epub+zip'), { level: 0 }],
    'META-INF/container.xml': strToU8(containerDocument()),
  };
  for (const [name, text] of Object.entries(content)) files[`${CONTENT_FOLDER}/${name}`] = strToU8(text);
  return zipSync(files, { level: 9, mtime: book.madeAt });
}
