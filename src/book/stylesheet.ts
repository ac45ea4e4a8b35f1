/**
 * The style sheet of a book. Reading systems have fonts, sizes, margins and colours of their own, and their readers choose
 * among them: it sets none of these, so that it serves light and dark alike. Every vertical distance is a multiple of the
 * line height.
 */
export const STYLESHEET = `@charset "utf-8";
html { line-height: 1.75; }
body { margin: 0; padding: 0; }
h1, h2, h3, h4, h5, h6 { line-height: 1.4; text-align: left; break-after: avoid; page-break-after: avoid; }
h1 { margin: 3.5em 0 2.625em; font-size: 1.4em; }
h2, h3, h4, h5, h6 { margin: 1.75em 0 0.875em; font-size: 1em; }
p, li, h1, h2 { word-break: keep-all; overflow-wrap: break-word; }
p { margin: 0; text-indent: 1em; orphans: 2; widows: 2; }
h1 + p, h2 + p, h3 + p, hr + p, .break + p, blockquote + p, pre + p { text-indent: 0; }
hr { width: 30%; margin: 1.75em auto; border: 0; border-top: 1px solid; opacity: 0.5; }
.break { margin: 1.75em 0; text-align: center; text-indent: 0; }
blockquote { margin: 0.875em 0 0.875em 1.5em; }
blockquote p { text-indent: 0; }
blockquote p + p { margin-top: 0.875em; }
ul, ol { margin: 0.875em 0; padding: 0 0 0 1.75em; }
ul { list-style-type: disc; list-style-type: "– "; }
li p { text-indent: 0; }
pre { margin: 0.875em 0; font-family: inherit; font-size: 0.95em; white-space: pre-wrap; overflow-wrap: break-word; }
code { font-family: inherit; }
nav ol { list-style-type: none; padding: 0; }
nav li { margin: 0.4375em 0; }
.note { margin: 2.625em 0 0; font-size: 0.85em; text-align: right; text-indent: 0; opacity: 0.75; }
.title { text-align: center; }
.title h1 { margin: 5.25em 0 1.75em; text-align: center; }
.title p { text-indent: 0; }
.title ul { list-style: none; padding: 0; }
.title .about { margin-top: 3.5em; }
.title .made { margin-top: 3.5em; font-size: 0.85em; opacity: 0.75; }
`;
