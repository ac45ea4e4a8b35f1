import assert from 'node:assert/strict';
import { test } from 'node:test';
import { histogram } from '../../../report/charts/histograms.js';
import { linkTo, type ReportPaths } from '../../../report/html/links.js';
import { toPage } from '../../../report/html/page.js';
import { html, withoutControls } from '../../../report/html/template.js';
import { distributionOf } from '../../../report/model/quantiles.js';
import { type ReportContext, toReport } from '../../../report/model/report.js';
import { toText } from '../../../report/text.js';
import { DayMaker, HOUR, MINUTE } from '../../helpers/report-days/report-day-maker.js';
import { asRead, calmDay, stormyDay } from '../../helpers/report-days/report-days.js';

const PLACES: ReportPaths = {
  output: '/project/logs/report.html',
  storyFolder: '/project/generated_stories',
  setAsideFolder: '/project/generated_stories/.set-aside',
};

function context(more: Partial<ReportContext> = {}): ReportContext {
  return { now: Date.UTC(2026, 10, 25), caps: { tokens: null, costUsd: null }, maxLikeness: null, axes: null, ...more };
}

const pageOf = (maker: DayMaker, more: Partial<ReportContext> = {}) =>
  toPage(toReport(asRead(maker.day), context(more)), PLACES);

/** A run of so many stories, with failures, restarts and texts set aside on the way. */
function longRun(stories: number): DayMaker {
  const maker = new DayMaker({ texts: 40 });
  for (let n = 0; n < stories; n++) {
    maker.story();
    maker.wait(30 * MINUTE);
    if (n % 50 === 7) maker.fail('transient', `code_${n % 37}`);
    if (n % 100 === 3) maker.setAside('unusable', 'too_short', '답이 너무 짧습니다');
    if (n % 500 === 9) maker.wait(HOUR).restart();
  }
  return maker.end('signal');
}

/** All tags that a page may have; any other tag would come from a story. */
const TAGS = new Set(
  'html head meta title link style body header main footer section div h1 h2 p a span i ul ol li dl dt dd code blockquote details summary figure figcaption table thead tbody tr th td svg g path rect text line input label'.split(
    ' ',
  ),
);

function assertOnlyOurTags(page: string): void {
  const tags = [...page.matchAll(/<([a-z][\w-]*)/gi)].map(([, tag]) => tag ?? '');
  assert.deepEqual(
    tags.filter((tag) => !TAGS.has(tag)),
    [],
  );
  assert.doesNotMatch(page.replace(/>[^<]*</g, '><'), /\son\w+\s*=/i);
}

/** Like assert.match, but does not print the page, which is too long. */
function assertSays(page: string, what: RegExp): void {
  assert.ok(what.test(page), `no ${what}`);
}

const NASTY = `</title><script>alert(1)</script><img src=x onerror="alert('&')">`;

test('HTML in a story, a code or a reason is escaped', () => {
  const maker = new DayMaker();
  maker.story({ title: NASTY });
  maker.story({ title: NASTY });
  maker.setAside('unusable', '<b>code</b>', NASTY, { title: NASTY });
  maker.fail('unforeseen', '<svg onload=alert(1)>');
  const page = pageOf(maker.end('<i>reason</i>'));
  assertOnlyOurTags(page);
  assert.ok(page.includes('&lt;script&gt;alert(1)&lt;/script&gt;'));
  assert.ok(page.includes('&lt;b&gt;code&lt;/b&gt;'));
});

test('a template escapes its values, and none twice', () => {
  assert.equal(
    html`<p title="${'"\'&'}">${['<', html`<br>`, null, false, 3]}</p>`.text,
    '<p title="&quot;&#39;&amp;">&lt;<br>3</p>',
  );
});

test('characters that control a terminal or the direction of writing are removed', () => {
  assert.equal(withoutControls('a\u001b[31mb\u0007\u202ec\n d\ud800'), 'a[31mbc d');
});

test('a page makes no requests', () => {
  const page = toPage(toReport(asRead(stormyDay()), context()), PLACES);
  assertSays(page, /Content-Security-Policy" content="default-src 'none'/);
  const addresses = [...page.matchAll(/(?:src|href|url|xmlns)\s*[=(]\s*"?([^"\s)]+)/g)].map(
    ([, address]) => address ?? '',
  );
  const foreign = addresses.filter((address) => !/^(#s\d+|\.\.?\/|data:,|http:\/\/www\.w3\.org\/)/.test(address));
  assert.deepEqual(foreign, []);
});

test('links to stories are relative to the page', () => {
  const name = 'horror_story_20261123_140000_00000001';
  assert.equal(linkTo(name, PLACES.storyFolder, PLACES.output), `../generated_stories/${name}.md`);
  assert.equal(linkTo(name, '/a', '/a/report.html'), `./${name}.md`);
  assert.equal(linkTo(name, '/a/내 소설', '/a/report.html'), `./${encodeURIComponent('내 소설')}/${name}.md`);
});

test('a page has the stories, the failures, and the texts set aside with the command that shows them', () => {
  const maker = new DayMaker();
  maker.story({ title: '반품 구역' });
  const aside = maker.setAside('unusable', 'too_short', '답이 너무 짧습니다 (412자)');
  maker.fail('transient', 'overloaded_error');
  const page = pageOf(maker.end('duration', true));
  for (const expected of [
    '<a class="title" href="../generated_stories/horror_story_',
    '반품 구역',
    '답이 너무 짧습니다 (412자)',
    `npm run set-aside -- show ${aside.slice(-8)}`,
    'overloaded_error',
    'API가 붐빕니다',
    '<dt>place</dt>',
  ]) {
    assert.ok(page.includes(expected), expected);
  }
  assertOnlyOurTags(page);
});

test('a page of a run without stories says so in every section', () => {
  const page = pageOf(new DayMaker());
  assertSays(page, /강제 종료된 채 멈춰 있습니다 - 소설 없음/);
  assertSays(page, /아직 읽을 소설이 없습니다/);
  assertSays(page, /실패한 호출이 없습니다/);
  assertOnlyOurTags(page);
});

test('a cap is drawn when it is near, and only told when it is far', () => {
  const maker = new DayMaker();
  for (let n = 0; n < 3; n++) maker.story();
  maker.end('signal');
  const page = pageOf(maker, { caps: { tokens: 50_000, costUsd: 100 } });
  assertSays(page, />상한 5만</);
  assertSays(page, /지금 설정된 상한 \$100\.00의 0\.\d%, 아직 멀어 그리지 않았습니다/);
  assert.ok(!pageOf(maker).includes('상한'));
});

test('every story is in the histogram', () => {
  const values = [49_100, 50_000, 61_000, 70_000, 70_500, 128_000];
  const distribution = distributionOf(values);
  assert.ok(distribution !== null);
  const { text } = histogram({
    distribution,
    scale: (ms) => ms / 1000,
    unit: '초',
    from: null,
    marks: [],
    colour: 'red',
    ariaLabel: '',
  });
  const heights = [...text.matchAll(/<rect [^>]*height="([\d.]+)"/g)].map(([, height]) => Number(height));
  const one = Math.min(...heights);
  assert.equal(
    heights.reduce((sum, height) => sum + Math.round(height / one), 0),
    values.length,
  );
});

test('a page of 10,000 stories is bounded, and says how much it leaves out', () => {
  const report = toReport(asRead(longRun(10_000).day), context());
  const page = toPage(report, PLACES);
  assert.ok(Buffer.byteLength(page) < 2_000_000, `${Buffer.byteLength(page)} bytes`);
  assert.ok((page.match(/<rect/g) ?? []).length < 6000);
  assert.equal((page.match(/<li id="s/g) ?? []).length, 400);
  assertSays(page, /가장 최근의 400편입니다\. 앞선 9,600편은 소설 폴더에 있습니다/);
  assertSays(page, /호출이 많아 칸마다 모아 그렸습니다/);
  assertSays(page, /잦은 12가지만 그리고, 나머지는 표에 있습니다/);
  const short = toText(report, 'report.html');
  assert.ok(short.split('\n').length < 40, short);
  assert.match(short, /그 밖에 95건/);
});

test('the short form says the same in a few lines', () => {
  const maker = new DayMaker({ start: new Date(2026, 10, 23, 21, 54).getTime() });
  maker.story({ title: '반품 \u001b[2J구역', ms: 60_000 });
  maker.wait(30 * MINUTE);
  maker.fail('transient', 'overloaded_error');
  const aside = maker.setAside('unusable', 'too_short', '답이 너무 짧습니다', { title: '짧은 글', ms: 9000 });
  const text = toText(toReport(asRead(maker.end('duration', true).day), context()), '/logs/report.html');
  const lines = text.split('\n');
  assert.equal(lines[0], '31분 9초를 끝까지 돌며 소설 1편을 썼습니다');
  assert.match(lines[1] ?? '', /^11월 23일 21:54–22:25 \(31분 9초\) · run_/);
  assert.match(text, /소설 {7}1편 · 호출 3회\n/);
  assert.match(text, /실패 {7}2회 · 일시적 실패 1 · 쓸 수 없는 답 1\n/);
  assert.match(text, /시간표 {5}·■·+x \(한 칸 38\.9초: /);
  assert.match(text, /실패 {7}1회 overloaded_error \(API가 붐빕니다\), 11월 23일 22:25\n/);
  assert.match(
    text,
    new RegExp(
      `확인할 것 {2}따로 보관한 글 1건이 있습니다 - npm run set-aside -- list\n {13}- ${aside.slice(-8)} "짧은 글" - 답이 너무 짧습니다\n`,
    ),
  );
  assert.match(text, /먼저 읽기 {2}"반품 \[2J구역" - 하나뿐인 소설\n {13}horror_story_\w+\.md\n/);
  assert.match(text, /보고서 {5}\/logs\/report\.html\n$/);
  assert.doesNotMatch(text, /\p{Cc}(?<!\n)/u);
});

test('a day without failures has no notices', () => {
  const text = toText(toReport(asRead(calmDay()), context()), 'report.html');
  assert.match(text, /확인할 것 {2}없음\n/);
  assert.doesNotMatch(text, /undefined|NaN|null/);
});
