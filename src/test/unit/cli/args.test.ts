import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCommandLine } from '../../../cli/args.js';
import { isSwitch, SETTING_NAMES, SETTINGS } from '../../../config/settings.js';
import { UsageError } from '../../../lib/command-line.js';

function refused(argv: string[], words: RegExp): void {
  assert.throws(
    () => parseCommandLine(argv),
    (error) => error instanceof UsageError && words.test(error.message) && !error.message.includes('\n'),
  );
}

test('without arguments a run is asked for, with no flag given', () => {
  assert.deepEqual(parseCommandLine([]), { action: 'run', flags: {} });
});

test('the flags of the original are understood, in both spellings', () => {
  const flags = { durationSeconds: '86400', maxStories: '5', intervalSeconds: '0.5' };
  const apart = ['--duration-seconds', '86400', '--max-stories', '5', '--interval-seconds', '0.5'];
  const joined = ['--duration-seconds=86400', '--max-stories=5', '--interval-seconds=0.5'];
  assert.deepEqual(parseCommandLine(apart), { action: 'run', flags });
  assert.deepEqual(parseCommandLine(joined), { action: 'run', flags });
});

test('every setting with a flag is understood under its own name', () => {
  for (const name of SETTING_NAMES) {
    const { arg } = SETTINGS[name];
    if (arg === null) continue;
    const [argv, value] = isSwitch(SETTINGS[name]) ? [[`--${arg}`], true] : [[`--${arg}`, 'x'], 'x'];
    assert.deepEqual(parseCommandLine(argv).flags, { [name]: value });
  }
});

test('a switch is a flag without a value, and stands before other flags', () => {
  assert.deepEqual(parseCommandLine(['--resume', '--max-stories', '3']).flags, { resume: true, maxStories: '3' });
  assert.deepEqual(parseCommandLine(['--new-run', '--max-stories', '3']).flags, { newRun: true, maxStories: '3' });
});

test('to resume and to begin a new run at once is refused, unless only help is asked for', () => {
  for (const argv of [
    ['--resume', '--new-run'],
    ['--new-run', '--max-stories', '3', '--resume'],
  ]) {
    refused(argv, /^--resume과 --new-run은 함께 쓸 수 없습니다/);
    assert.equal(parseCommandLine([...argv, '--help']).action, 'help');
  }
});

test('a negative number is a value, for the check of the setting to refuse', () => {
  assert.deepEqual(parseCommandLine(['--max-stories', '-1']).flags, { maxStories: '-1' });
  assert.deepEqual(parseCommandLine(['--interval-seconds=-.5']).flags, { intervalSeconds: '-.5' });
});

test('of a flag given twice the last one counts', () => {
  assert.deepEqual(parseCommandLine(['--max-stories', '3', '--max-stories', '5']).flags, { maxStories: '5' });
});

test('help, version, print-config and dry-run are actions', () => {
  const cases = [
    ['--help', 'help'],
    ['-h', 'help'],
    ['--version', 'version'],
    ['--print-config', 'print-config'],
    ['--dry-run', 'dry-run'],
  ] as const;
  for (const [flag, action] of cases) assert.equal(parseCommandLine([flag]).action, action);
  assert.equal(parseCommandLine(['--print-config', '--help']).action, 'help');
  assert.deepEqual(parseCommandLine(['--max-stories', '3', '--print-config']).flags, { maxStories: '3' });
});

const REFUSED: [name: string, argv: string[], words: RegExp][] = [
  ['an unknown flag', ['--stories', '3'], /^알 수 없는 옵션: --stories\. 혹시 --max-stories인가요\?$/],
  ['an unknown short flag', ['-x'], /^알 수 없는 옵션: -x$/],
  ['a flag in the wrong case', ['--Max-Stories', '3'], /^알 수 없는 옵션: --Max-Stories\. 혹시 --max-stories인가요\?$/],
  ['a flag with underscores', ['--max_stories', '3'], /^알 수 없는 옵션: --max_stories\. 혹시 --max-stories인가요\?$/],
  ['the negation of a flag', ['--no-help'], /^알 수 없는 옵션: --no-help$/],
  ['a missing value at the end', ['--max-stories'], /^--max-stories에 값이 필요합니다/],
  ['a flag in place of a value', ['--max-stories', '--interval-seconds', '3'], /^--max-stories에 값이 필요합니다/],
  ['a stray argument', ['5'], /^옵션이 아닌 값은 받지 않습니다: "5"$/],
  ['a stray argument after a flag', ['--max-stories', '3', '이야기'], /^옵션이 아닌 값은 받지 않습니다: "이야기"$/],
  ['a stray argument after --', ['--', '5'], /^옵션이 아닌 값은 받지 않습니다: "5"$/],
  ['a value for --help', ['--help=yes'], /^값을 받지 않는 옵션입니다: --help$/],
  ['a value for a switch', ['--resume=true'], /^값을 받지 않는 옵션입니다: --resume$/],
  ['a word after a switch', ['--new-run', 'true'], /^옵션이 아닌 값은 받지 않습니다: "true"$/],
  ['the negation of a switch', ['--no-resume'], /^알 수 없는 옵션: --no-resume$/],
  ['a value for --version', ['--version=1'], /^값을 받지 않는 옵션입니다: --version$/],
];

for (const [name, argv, words] of REFUSED) {
  test(`${name} is refused in one Korean line that names it`, () => refused(argv, words));
}

test('an unknown flag is refused also beside --help', () => {
  refused(['--help', '--stories', '3'], /--stories/);
});

test('secrets are no flags, because a process list shows those', () => {
  for (const flag of ['--anthropic-api-key', '--api-key', '--anthropic-auth-token', '--auth-token']) {
    refused([flag, 'sk-ant-secret'], /^알 수 없는 옵션:/);
    refused([`${flag}=sk-ant-secret`], /^[^=]*$/);
  }
  for (const name of SETTING_NAMES) {
    const setting: { arg: string | null; sensitive?: boolean } = SETTINGS[name];
    if (setting.sensitive === true) assert.equal(setting.arg, null, name);
  }
});
