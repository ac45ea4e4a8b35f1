import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { toPage } from '../../../report/html/page.js';
import { toReport } from '../../../report/model/report.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { findBrowser, startBrowser, type View } from '../../helpers/report-browser.js';
import { type Day, DayMaker } from '../../helpers/report-days/report-day-maker.js';
import { asRead, batchDay, calmDay, parallelDay, stormyDay } from '../../helpers/report-days/report-days.js';

/** The script that measures a page. It runs in the page, and so cannot use anything of this file. */
const QUESTIONS = `(() => {
  const numbers = (colour) => (colour.match(/[\\d.]+/g) ?? []).map(Number);
  const luminance = (colour) => {
    const [r, g, b] = numbers(colour).slice(0, 3).map((each) => {
      const share = each / 255;
      return share <= 0.03928 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const contrast = (a, b) => {
    const [light, dark] = [luminance(a), luminance(b)].sort((x, y) => y - x);
    return (light + 0.05) / (dark + 0.05);
  };
  const isSolid = (colour) => numbers(colour).length === 3 || numbers(colour)[3] === 1;
  const behind = (element) => {
    for (let each = element; each !== null; each = each.parentElement) {
      const { backgroundColor } = getComputedStyle(each);
      if (isSolid(backgroundColor)) return backgroundColor;
    }
    return 'rgb(255, 255, 255)';
  };
  document.querySelectorAll('details').forEach((each) => { each.open = true; });
  const pale = [];
  for (const element of document.querySelectorAll('body *')) {
    const says = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim() !== '');
    if (!says || element.localName === 'title' || element.getClientRects().length === 0) continue;
    const style = getComputedStyle(element);
    const ratio = contrast(element.localName === 'text' ? style.fill : style.color, behind(element));
    if (ratio < 4.5) pale.push(element.localName + '.' + element.className + ' ' + ratio.toFixed(2) + ' ' + element.textContent.slice(0, 30));
  }
  const { clientWidth, scrollWidth } = document.documentElement;
  // A part that scrolls by itself may be wider than the page.
  const wide = [...document.querySelectorAll('body *')]
    .filter((each) => each.closest('.scroll') === null && each.getBoundingClientRect().right > clientWidth + 1)
    .map((each) => each.localName + ' ' + each.textContent.slice(0, 30));
  const small = [...document.querySelectorAll('.plot text')]
    .filter((each) => each.getClientRects().length > 0)
    .map((each) => each.getBoundingClientRect().height);
  return {
    clientWidth, scrollWidth, wide, pale,
    paper: luminance(getComputedStyle(document.body).backgroundColor),
    drawings: [...document.querySelectorAll('.plot')].filter((each) => each.getClientRects().length > 0).length,
    alternatives: [...document.querySelectorAll('.plot')].every((each) => each.getAttribute('aria-label') !== null),
    least: Math.min(...small),
    dead: [...document.querySelectorAll('a[href^="#"]')].filter((each) => document.querySelector(each.getAttribute('href')) === null).length,
    scripts: document.scripts.length,
  };
})()`;

interface Answers {
  clientWidth: number;
  scrollWidth: number;
  wide: string[];
  pale: string[];
  paper: number;
  drawings: number;
  alternatives: boolean;
  least: number;
  dead: number;
  scripts: number;
}

/** A day that is hard to lay out: long titles, long words without a space, HTML in titles. */
function hardDay(): Day {
  const maker = new DayMaker({ seed: 3 });
  maker.story({ title: `${'끝없이이어지는제목'.repeat(12)}<script>document.body.remove()</script>` });
  maker.setAside('unusable', 'a_code_that_nobody_has_ever_seen_and_that_does_not_end', '까닭'.repeat(80));
  maker.fail('fatal', 'not_found_error');
  return maker.end('refused').day;
}

const DESK: View = { width: 1280, colours: 'light' };
const PHONE: View = { width: 390, colours: 'dark' };

/** A page with one of each fault, to show that the measurements find them. */
const FAULTY = `<!doctype html><html lang="ko"><body style="background:#fff;margin:0">
<p style="width:700px">넓다</p><p style="color:#ccc">흐리다</p><a href="#nowhere">어디로</a>
<img src="missing.png" alt=""><script>console.error('말썽')</script></body></html>`;

test('a browser shows the report whole, in light and dark, on a desk and on a phone, and asks nobody for anything', {
  timeout: 120_000,
}, async (t) => {
  const path = findBrowser();
  // Without a browser, the other tests of the page have to suffice.
  if (path === null) return t.diagnostic('no browser here: apt-get install chromium, or CHROME_PATH');
  const browser = startBrowser(t, path);
  const folder = temporaryFolder(t);

  const faulty = join(folder, 'faulty.html');
  writeFileSync(faulty, FAULTY);
  const { value: found, requests: asked, messages: said } = await browser.look<Answers>(faulty, PHONE, QUESTIONS);
  assert.match(asked.join(), /missing\.png$/);
  assert.match(said.join(), /말썽/);
  assert.deepEqual([found.wide.length, found.pale.length, found.dead, found.scripts], [1, 1, 1, 1]);

  const context = {
    now: Date.UTC(2026, 10, 25),
    caps: { tokens: 600_000, costUsd: 100 },
    maxLikeness: null,
    axes: null,
  };
  const days: [string, Day, View[]][] = [
    ['calm', calmDay(), [DESK, PHONE]],
    ['stormy', stormyDay(), [DESK, PHONE]],
    ['four at a time', parallelDay(), [DESK, PHONE]],
    ['in batches', batchDay(), [DESK, PHONE]],
    ['hard', hardDay(), [PHONE]],
    ['empty', new DayMaker().day, [PHONE]],
  ];
  for (const [name, day, views] of days) {
    const output = join(folder, `${name}.html`);
    writeFileSync(
      output,
      toPage(toReport(asRead(day), context), { output, storyFolder: folder, setAsideFolder: folder }),
    );
    for (const view of views) {
      const where = `${name}, ${view.width} px, ${view.colours}`;
      const { value, requests, messages } = await browser.look<Answers>(output, view, QUESTIONS);
      assert.deepEqual([requests, messages], [[], []], where);
      assert.deepEqual([value.wide, value.pale], [[], []], where);
      assert.ok(value.scrollWidth <= view.width, `${where}: ${value.scrollWidth} px`);
      assert.ok(view.colours === 'dark' ? value.paper < 0.05 : value.paper > 0.9, `${where}: ${value.paper}`);
      assert.ok(value.least >= 9, `${where}: letters of ${value.least} px`);
      assert.deepEqual([value.alternatives, value.dead, value.scripts], [true, 0, 0], where);
      if (name === 'stormy') assert.equal(value.drawings, 7, where);
    }
  }
});
