import assert from 'node:assert/strict';
import { test } from 'node:test';
import { joinRest } from '../../../story/continuation.js';
import { readAnswer } from '../../../story/read-answer.js';
import { readRest } from '../../../story/read-rest.js';
import { validateAnswer } from '../../../story/validate-answer.js';

// Reading and judging take time in proportion to a text, whatever the text. What patterns scan is counted, which finds a
// rule that goes through the text once per line; a pattern that backtracks would hold up the large texts for hours.

const LENGTH = 100_000;
/** Counting makes every pattern slow, and a small part of the length shows as well what grows with its square. */
const COUNTED_LENGTH = 6_000;
/** Characters that patterns may scan for each character of the text: a few dozen rules, each a few times. */
const MOST_SCANNED = 250;
const TIMEOUT = 60_000;

const fill = (unit: string) => unit.repeat(Math.ceil(LENGTH / unit.length)).slice(0, LENGTH);

const HOSTILE: [name: string, text: string][] = [
  ['blanks', `# 제목${fill(' ')}가`],
  ['line ends', `가${fill('\n')}가`],
  ['characters of zero width', `가${fill('\u200b')}가`],
  ['full stops', `${fill('.')}가`],
  ['stars', fill('*')],
  ['hashes', fill('#')],
  ['headings', fill('# 가\n')],
  ['brackets', fill('[')],
  ['opening tags of thoughts', fill('<think>')],
  ['closing tags of thoughts', fill('</think>')],
  ['thoughts', fill('<think>가</think>')],
  ['end tokens', fill('<|im_end|>')],
  ['fences', fill('```\n')],
  ['quotations', fill('> 가나다라.\n')],
  ['rules', fill('---\n')],
  ['frontmatter without an end', `---\n${fill('title: 가\n')}`],
  ['labels', fill('**장르:** 호러\n')],
  ['titles', fill('제목: 가\n')],
  ['end markers', fill('(끝)\n')],
  ['tags', fill('#가 #나\n')],
  ['notes', fill('## 작가의 말\n\n이 소설은 반전과 복선을 중심으로 구성했습니다.\n\n')],
  ['offers', fill('원하시면 말씀해 주세요. 써 드릴게요.\n\n')],
  ['promises', fill('말씀하신 소재로 써 보겠습니다. ')],
  ['words', fill('가 나 ')],
  ['paragraphs', fill('문이 열렸다. 아무도 없었다.\n\n')],
  ['one word', fill('가')],
  ['lost syllables', fill('\ufffd')],
  ['letters of another script', fill('가漢')],
  ['an object of JSON', `{${fill('"a": "가",')}`],
  ['elements', fill('<story>')],
  ['paragraphs of HTML', fill('<p>가나다라.</p>\n')],
  ['a paragraph of HTML with styles that never close', `<p>${fill('<style>')}</p><p>가</p><p>나</p>`],
  ['rows of a table', `| 본문 |\n| --- |\n${fill('| 가나다라. |\n')}`],
  ['a text of YAML', `title: 가\nbody: |\n${fill('  가나다라.\n')}`],
  ['keys of YAML', fill('가: |\n  나\n')],
  ['names of versions', fill('## 버전 1\n')],
  ['offers in a list', `이어서 할 수 있는 것:\n${fill('- 결말 바꾸기\n')}`],
  ['dates below an end', `(끝)\n${fill('2026-11-29\n')}`],
  ['quoted errors', fill('{"error": ')],
];

/**
 * Counts what patterns scan while `act` runs: from where each begins to the end of its match, or of the text. A mock of
 * node:test would keep a stack trace of every call, which takes longer than all of the calls.
 */
function scannedBy(act: () => void): number {
  let scanned = 0;
  const { exec } = RegExp.prototype;
  RegExp.prototype.exec = function (this: RegExp, text: string) {
    const from = this.global || this.sticky ? this.lastIndex : 0;
    const match = exec.call(this, text);
    const end = match === null ? text.length : match.index + match[0].length;
    // A sticky pattern, of which `split` makes one, looks at one place only.
    scanned += this.sticky ? (match?.[0].length ?? 1) : end - from;
    return match;
  };
  try {
    act();
  } finally {
    RegExp.prototype.exec = exec;
  }
  return scanned;
}

function readAndJudge(text: string): void {
  const read = readAnswer(text);
  validateAnswer({ stopReason: null, refusalCategory: null }, read, { minCharacters: 1000 });
  validateAnswer({ stopReason: 'end_turn', refusalCategory: null }, { ...read, text }, { minCharacters: 1000 });
  readRest(text, `# 제목\n\n${text}`);
}

for (const [name, text] of HOSTILE) {
  test(`100,000 characters of ${name} are read and judged in bounded work`, { timeout: TIMEOUT }, () => {
    const short = text.slice(0, COUNTED_LENGTH);
    const scanned = scannedBy(() => readAndJudge(short));
    assert.ok(scanned <= MOST_SCANNED * short.length, `${Math.round(scanned / short.length)} for each character`);
    readAndJudge(text);
    joinRest({ kept: `# 제목\n\n${text}`, gap: ' ' }, text);
  });
}
