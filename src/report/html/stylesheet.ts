import { Html } from './template.js';

/** The page's style sheet. Colours are variables, for the page and for the charts in it. */
export const STYLE = Html.of(`
:root {
  color-scheme: light dark;
  --paper: #fbfaf7; --ink: #1f1d1a; --muted: #6b665e; --rule: #e2ddd4; --alive: #ece8df; --link: #7a1f16;
  --story: #2f5560; --open: #7fa3ad; --batch: #a9c0c0; --money: #6d5a1e; --transient: #c07a12; --unusable: #8a3d7d; --grave: #b3261e;
  --pause-cap: #d9c37a; --pause-hours: #b9bfd6; --pause-limit: #e0a39c; --pause-crash: #a9a39a;
  --lost: #77716a; --card-1: #a9c0c0; --card-2: #5f8b91; --card-3: #2f5560;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #161513; --ink: #e8e4dc; --muted: #a39c91; --rule: #3a3731; --alive: #2e2b26; --link: #e39a8c;
    --story: #8fc1cc; --open: #4f7680; --batch: #3f5c60; --money: #d8bf6a; --transient: #e5a544; --unusable: #d28ac4; --grave: #ef8378;
    --pause-cap: #6b5c26; --pause-hours: #464c66; --pause-limit: #7d443d; --pause-crash: #5d5850;
    --lost: #978f84; --card-1: #3f5c60; --card-2: #68979e; --card-3: #a3d0d8;
  }
}
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; text-size-adjust: 100%; }
body {
  margin: 0 auto; padding: 2.5rem 1.25rem 4rem; max-width: 60rem; background: var(--paper); color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "Noto Sans CJK KR", sans-serif;
  word-break: keep-all; overflow-wrap: anywhere;
}
h1, h2, .title, blockquote {
  font-family: "Noto Serif KR", "Noto Serif CJK KR", "Nanum Myeongjo", AppleMyungjo, Batang, serif;
}
h1 { margin: .25rem 0 .5rem; font-size: clamp(1.5rem, 1.1rem + 1.9vw, 2.125rem); font-weight: 600; line-height: 1.35; }
h2 { margin: 0 0 .25rem; font-size: 1.1875rem; font-weight: 600; line-height: 1.4; }
p { margin: 0; }
a { color: var(--link); text-underline-offset: .2em; text-decoration-thickness: 1px; text-decoration-color: color-mix(in srgb, currentColor 35%, transparent); }
a:hover { text-decoration-color: currentColor; }
a:focus-visible, summary:focus-visible, [tabindex]:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
.kicker, .sub, .note, figcaption p, footer, .meta, .opening, dt, summary, th { color: var(--muted); }
.kicker, .note, figcaption, footer, .meta, dt, summary, table, code { font-size: .875rem; }
.sub { font-variant-numeric: tabular-nums; }
.facts { display: grid; grid-template-columns: repeat(6, auto); justify-content: space-between; gap: 1.25rem 1rem; margin: 1.75rem 0 0;
  padding: 1.25rem 0; border-block: 1px solid var(--rule); }
.facts dd { margin: 0; font-variant-numeric: tabular-nums; }
.facts .figure { font-size: 1.5rem; line-height: 1.3; }
.facts .more { font-size: .8125rem; line-height: 1.5; color: var(--muted); }
section { margin-top: 2.75rem; }
.two { display: grid; grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 2.75rem 2.5rem; margin-top: 2.75rem; }
.two > section { margin-top: 0; }
figure { margin: 0; }
figcaption { margin-bottom: .75rem; max-width: 44rem; }
.plot { display: block; width: auto; max-width: 100%; height: auto; font-family: inherit; font-size: 12px; font-variant-numeric: tabular-nums; overflow: visible; }
.plot a { text-decoration: none; }
.slim { display: none; }
.legend { display: flex; flex-wrap: wrap; gap: .125rem 1.125rem; margin: 0 0 .5rem; padding: 0; list-style: none; font-size: .8125rem; color: var(--muted); }
.legend i { display: inline-block; width: .75em; height: .75em; margin-right: .4em; background: var(--swatch); }
.legend i.thin { height: .2em; vertical-align: .25em; }
.legend i.dots { height: 0; border-top: 2px dotted var(--swatch); background: none; vertical-align: .25em; }
.legend i.up { width: 0; height: 0; border: .38em solid transparent; border-top: 0; border-bottom: .65em solid var(--swatch); background: none; }
ul.plain, ol.stories { margin: .5rem 0 0; padding: 0; list-style: none; }
.plain li { padding: .5rem 0; border-top: 1px solid var(--rule); }
.plain li:first-child { border-top: 0; padding-top: 0; }
code { padding: .1em .35em; background: var(--alive); font-family: ui-monospace, "SF Mono", Consolas, "Noto Sans Mono CJK KR", monospace; }
.command { display: block; width: fit-content; max-width: 100%; margin-top: .25rem; }
.title { font-size: 1.0625rem; font-weight: 600; line-height: 1.45; }
.pick > .title { font-size: 1.25rem; }
.others .title { font-size: 1rem; }
blockquote { margin: .375rem 0 .5rem; padding-left: .875rem; border-left: 2px solid var(--rule); line-height: 1.7; }
.others { margin-top: 1rem; padding-top: .75rem; border-top: 1px solid var(--rule); }
details { margin-top: .5rem; }
summary { cursor: pointer; width: fit-content; }
.scroll { overflow-x: auto; margin-top: .5rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; overflow-wrap: normal; }
th { font-weight: 500; text-align: left; white-space: nowrap; }
th, td { padding: .3rem 1.25rem .3rem 0; border-bottom: 1px solid var(--rule); vertical-align: top; white-space: nowrap; }
td.n, th.n { text-align: right; }
td.w { min-width: 14rem; white-space: normal; }
.stories > li { display: grid; grid-template-columns: 3rem minmax(0, 1fr) 11.5rem; gap: 0 1rem; padding: .75rem 0; border-top: 1px solid var(--rule); break-inside: avoid; }
.stories > li:target { background: var(--alive); }
.stories .number { color: var(--muted); font-variant-numeric: tabular-nums; line-height: 1.45; padding-top: .1rem; }
.stories .meta { text-align: right; font-variant-numeric: tabular-nums; line-height: 1.55; }
.stories .meta span { white-space: nowrap; }
.stories details { margin-top: .125rem; }
.cards { margin: .25rem 0 0; font-size: .875rem; }
.cards div { display: flex; gap: .75rem; }
.cards dt { flex: 0 0 5rem; }
.cards dd { margin: 0; }
.noted { margin: .25rem 0 0; padding-left: 1.125rem; font-size: .875rem; color: var(--muted); }
.noted li { padding: 0; border: 0; }
.group > summary { color: var(--ink); }
.doubt { width: fit-content; margin: .125rem 0; padding: 0 .4em; border-left: 3px solid var(--transient); background: var(--alive); font-size: .875rem; }
#doubtful-only:checked ~ .stories > li:not(.doubtful) { display: none; }
footer { margin-top: 3.5rem; padding-top: 1rem; border-top: 1px solid var(--rule); }
footer p + p { margin-top: .25rem; }
@media screen and (max-width: 47.5rem) {
  body { padding-top: 1.5rem; }
  .two { grid-template-columns: minmax(0, 1fr); }
  .wide { display: none; }
  .slim { display: block; }
  .facts { grid-template-columns: repeat(2, minmax(0, 1fr)); }
  .stories > li { grid-template-columns: 2.25rem minmax(0, 1fr); }
  .stories .meta { grid-column: 2; display: flex; flex-wrap: wrap; gap: 0 .75rem; text-align: left; }
}
@media screen and (min-width: 47.51rem) { .stories .meta span { display: block; } }
@media print {
  :root {
    --paper: #fff; --ink: #000; --muted: #555; --rule: #ccc; --alive: #eee; --link: #000; --story: #2f5560; --open: #7fa3ad; --batch: #a9c0c0;
    --money: #6d5a1e; --transient: #c07a12; --unusable: #8a3d7d; --grave: #b3261e; --lost: #777; --card-1: #a9c0c0;
    --card-2: #5f8b91; --card-3: #2f5560;
  }
  body { max-width: none; padding: 0; font-size: 10pt; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  figure, .facts, .pick { break-inside: avoid; }
  h2 { break-after: avoid; }
  figure summary, #doubtful-only, #doubtful-only + label { display: none; }
}
`);
