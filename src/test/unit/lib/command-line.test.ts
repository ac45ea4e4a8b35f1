import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import {
  defineCommand,
  editDistance,
  nearestName,
  parseChoice,
  parseCount,
  UsageError,
} from '../../../lib/command-line.js';
import { UserError } from '../../../lib/errors.js';

class FolderError extends UserError {}

/** Runs a command that answers with what it was given. */
async function run(
  argv: readonly string[],
  { takesWords = false, act = async (): Promise<number | undefined> => undefined } = {},
) {
  const printed = { stdout: '', stderr: '' };
  const command = defineCommand({
    usage: '사용법: npm run something\n',
    options: { json: { type: 'boolean' }, 'output-dir': { type: 'string' }, trials: { type: 'string', default: '3' } },
    takesWords,
    run: async (values, { stdout }: Streams, words) => {
      stdout.write(JSON.stringify({ ...values, words }));
      return act();
    },
  });
  const code = await command(argv, {
    stdout: { write: (text: string) => (printed.stdout += text) },
    stderr: { write: (text: string) => (printed.stderr += text) },
  });
  return { code, ...printed };
}

interface Streams {
  stdout: { write(text: string): unknown };
  stderr: { write(text: string): unknown };
}

describe('a command', () => {
  test('gets its values, defaults included, and exits with 0 when it returns nothing', async () => {
    const { code, stdout, stderr } = await run(['--json', '--output-dir', 'stories']);
    assert.deepEqual([code, stderr], [0, '']);
    assert.deepEqual(JSON.parse(stdout), { trials: '3', json: true, 'output-dir': 'stories', words: [] });
  });

  test('exits with the code that it returns', async () => {
    assert.equal((await run([], { act: async () => 1 })).code, 1);
  });

  test('prints its usage for --help and -h, and does nothing else', async () => {
    for (const flag of ['--help', '-h']) {
      assert.deepEqual(await run([flag]), { code: 0, stdout: '사용법: npm run something\n', stderr: '' });
    }
  });

  test('takes words only where it asks for them', async () => {
    assert.equal((await run(['show', 'name'], { takesWords: true })).stdout, '{"trials":"3","words":["show","name"]}');
    assert.deepEqual(await run(['show']), {
      code: 2,
      stdout: '',
      stderr: '옵션이 아닌 값은 받지 않습니다: "show" (사용법: --help)\n',
    });
  });

  for (const [name, argv, line] of [
    ['an unknown option', ['--bogus'], '알 수 없는 옵션: --bogus (사용법: --help)\n'],
    ['a mistyped option', ['--jsno'], '알 수 없는 옵션: --jsno. 혹시 --json인가요? (사용법: --help)\n'],
    ['a missing value', ['--output-dir'], '--output-dir에 값이 필요합니다 (사용법: --help)\n'],
    ['an option for a value', ['--output-dir', '--json'], '--output-dir에 값이 필요합니다 (사용법: --help)\n'],
    ['a value for a switch', ['--json=yes'], '값을 받지 않는 옵션입니다: --json (사용법: --help)\n'],
    ['a mistake beside --help', ['--help', '--bogus'], '알 수 없는 옵션: --bogus (사용법: --help)\n'],
  ] as const) {
    test(`answers ${name} with one line and exit code 2`, async () => {
      assert.deepEqual(await run(argv), { code: 2, stdout: '', stderr: line });
    });
  }

  test('hands a negative number on as a value', async () => {
    assert.equal(JSON.parse((await run(['--trials', '-1'])).stdout).trials, '-1');
    assert.equal(JSON.parse((await run(['--trials', '-.5', '--json'])).stdout).trials, '-.5');
  });

  test("answers the user's mistake while it runs with the message alone and exit code 2", async () => {
    const { code, stderr } = await run([], { act: () => Promise.reject(new FolderError('폴더가 없습니다')) });
    assert.deepEqual([code, stderr], [2, '폴더가 없습니다\n']);
  });

  test('throws every other error', async () => {
    await assert.rejects(run([], { act: () => Promise.reject(new TypeError('unforeseen')) }), TypeError);
  });
});

test('a count is a whole number that is large enough', () => {
  assert.equal(parseCount('--trials', '12'), 12);
  assert.equal(parseCount('--seed', '0', 0), 0);
  for (const text of ['0', '-1', '1.5', '3abc', '', '1e3', '99999999999999999999']) {
    assert.throws(() => parseCount('--trials', text), {
      constructor: UsageError,
      message: `--trials: 1 이상의 정수여야 합니다 (입력값: "${text}")`,
    });
  }
});

test('a choice is one of the words listed', () => {
  assert.equal(parseChoice('--weather', 'calm', ['calm', 'storm']), 'calm');
  assert.throws(() => parseChoice('--weather', 'Calm', ['calm', 'storm']), {
    constructor: UsageError,
    message: '--weather: calm, storm 중 하나여야 합니다 (입력값: "Calm")',
  });
});

describe('the nearest name', () => {
  const KNOWN = ['duration-seconds', 'max-stories', 'interval-seconds', 'model', 'help', 'resume', 'template'];
  for (const [typed, nearest] of [
    ['max-storys', 'max-stories'],
    ['Max-Stories', 'max-stories'],
    ['max_stories', 'max-stories'],
    ['resmue', 'resume'],
    ['duration', 'duration-seconds'],
    ['stories', 'max-stories'],
    ['seconds', null],
    ['no-resume', null],
    ['bogus', null],
    ['x', null],
    ['', null],
  ] as const) {
    test(`to "${typed}" is ${nearest ?? 'none of them'}`, () => assert.equal(nearestName(typed, KNOWN), nearest));
  }
});

test('the edit distance counts letters added, removed, replaced and swapped', () => {
  const cases: [string, string, number][] = [
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'ab', 1],
    ['abc', 'xabc', 1],
    ['abcd', 'abdc', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ];
  for (const [a, b, distance] of cases) {
    assert.equal(editDistance(a, b), distance, `${a} → ${b}`);
    assert.equal(editDistance(b, a), distance, `${b} → ${a}`);
  }
});
