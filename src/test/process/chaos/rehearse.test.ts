import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { isRunning } from '../../../lib/process-identity.js';
import { sabotagedProject } from '../../helpers/chaos/sabotaged-project.js';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
import { cleanEnvironment, endpointFor, ROOT } from '../../helpers/processes.js';

// The command as people call it, on the real pm2 and the real worker.

/** Milliseconds. */
const GUARD = { timeout: 120_000 };

/** Starts the command; its folders are below `folder`, which is gone after the test. */
function start(t: TestContext, args: readonly string[], env: Record<string, string> = {}) {
  const folder = temporaryFolder(t);
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/rehearse.ts', ...args], {
    cwd: ROOT,
    env: { ...cleanEnvironment(), TMPDIR: folder, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  t.after(() => child.kill('SIGTERM'));
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
  }
  const exited = new Promise<number | null>((resolve) => child.on('close', resolve));
  return { child, folder, exited, said: () => said, rehearsals: () => readdirSync(folder).filter(isRehearsal) };
}

const isRehearsal = (name: string) => name.startsWith('rehearsal-');

test('a stormy day: whatever weather comes, every promise holds', GUARD, async (t) => {
  const { exited, said, rehearsals } = start(t, ['--seed', '20261124', '--seconds', '16']);
  const code = await exited;
  t.diagnostic(said());
  const complaints = [...said().matchAll(/^ {8}(\w+) \[/gm)].map(([, complaint]) => complaint);
  // A machine that is too busy leaves no time for some of it, which is no fault of the worker.
  assert.deepEqual(
    [...new Set(complaints)].filter((complaint) => complaint !== 'weather_missed'),
    [],
    said(),
  );
  assert.equal(code, complaints.length === 0 ? 0 : 1, said());
  assert.equal(said().match(/^ {2}PASS {2}(?:폴더 전체|[1-5]\. |기타 항목)/gm)?.length, 7, said());
  assert.ok((said().match(/^ {2}o /gm) ?? []).length >= 5, said());
  assert.equal(rehearsals().length, code);
});

test('a month: whatever pauses a run, it goes on as it should', GUARD, async (t) => {
  const { exited, said, rehearsals } = start(t, ['--month', '--days', '12', '--seconds', '0.2', '--seed', '20261129']);
  assert.equal(await exited, 0, said());
  assert.equal(said().match(/^ {2}o /gm)?.length, 5, said());
  assert.equal(said().match(/^ {2}PASS {2}/gm)?.length, 9, said());
  for (const reason of ['하루 상한', '정한 시간대 밖', 'API의 지출 한도', '되풀이된 비정상 종료']) {
    assert.match(said(), new RegExp(`^  ${reason} [1-9]\\d*회`, 'm'));
  }
  assert.deepEqual(rehearsals(), []);
});

describe('the command', { timeout: 300_000, concurrency: 1 }, () => {
  test('notices a worker that drops a story and ends early, and keeps the folder', async (t) => {
    const root = sabotagedProject(t, [
      [
        'const { draft, premise, nearest, doubts } = text;',
        `const { draft, premise, nearest, doubts } = text;
        if (inHand.sequence === 2 && run.state().failuresInARow === 0) {
            const lost = { kind: 'unusable', code: 'lost', reason: '', advice: null, retryAfterMs: null };
            return fail(inHand, lost, lastCall(draft).usage);
        }`,
      ],
      // By more than a busy machine is forgiven.
      ['null : startedAt + limits.durationMs', 'null : startedAt + limits.durationMs / 2'],
    ]);
    const { exited, said, rehearsals } = start(t, ['--weather', 'calm', '--seconds', '6', '--root', root]);
    assert.equal(await exited, 1, said());
    const dropped = [...said().matchAll(/answer_dropped \[(\d+)번째 요청/g)].map(([, number]) => Number(number));
    // The second, and a later one only by those before it that a busy machine let fail.
    const failed = Number(/계획에 없던 실패 (\d+)회/.exec(said())?.[1]) - dropped.length;
    assert.equal(dropped.length, 1, said());
    assert.ok(
      dropped.every((number) => number >= 2 && number <= 2 + failed),
      said(),
    );
    assert.match(said(), /ended_early/);
    const [kept = ''] = rehearsals();
    assert.ok(said().includes(kept) && kept !== '');
  });

  test('ends pm2 and the worker on Ctrl+C, and leaves nothing', async (t) => {
    const { child, folder, exited, said, rehearsals } = start(t, ['--weather', 'calm', '--seconds', '30']);
    const home = () => join(folder, rehearsals()[0] ?? '', 'pm2');
    const pidFile = () => join(home(), 'pids', 'horror-story-worker-0.pid');
    while (!existsSync(pidFile())) await delay(20);
    await delay(500);
    const pids = [pidFile(), join(home(), 'pm2.pid')].map((path) => Number(readFileSync(path, 'utf8')));
    assert.deepEqual(pids.map(isRunning), [true, true]);
    // As a terminal does it.
    child.kill('SIGINT');
    child.kill('SIGINT');
    assert.equal(await exited, 130, said());
    assert.deepEqual(pids.map(isRunning), [false, false]);
    assert.deepEqual(rehearsals(), []);
  });

  test('writes with the settings and the API that there are, says before what it may cost, and keeps the stories', async (t) => {
    let requests = 0;
    const endpoint = await endpointFor(t, () => {
      requests += 1;
      return {
        // Another body each time: the same one twice is what the verification is there to find.
        content: [
          { type: 'text', text: storyText({ title: `${requests}번 상자` }).replace(/다\./g, `다, ${requests}번째로.`) },
        ],
      };
    });
    const { exited, said, folder, rehearsals } = start(t, ['--real', '2'], {
      ...{ ANTHROPIC_BASE_URL: endpoint.url, ANTHROPIC_API_KEY: 'real-key-1234567890' },
      ...{ PRICE_INPUT_USD: '2', PRICE_OUTPUT_USD: '10', MAX_CONTINUATIONS: '1' },
    });
    assert.equal(await exited, 0, said());
    // Four calls of 16,000 tokens and a prompt of a few thousand bytes each.
    const [, tokens = ''] = /많아도 ([\d,]+)토큰을 넘지 않습니다: 비용으로는 \$0\.6/.exec(said()) ?? [];
    assert.ok(Number(tokens.replaceAll(',', '')) > 64_000, said());
    assert.match(said(), /2번째 소설 저장 - "2번 상자"/);
    assert.match(said(), /\nPASS\n소설은 .*\/stories에/);
    assert.equal(requests, 2);
    const [kept = ''] = rehearsals();
    const stories = readdirSync(join(folder, kept, 'stories')).filter((name) => name.endsWith('.md'));
    assert.equal(stories.length, 2);
    assert.ok(!existsSync(join(folder, kept, 'pm2')));
  });

  for (const [args, wanted] of [
    [['--real', '1'], /API 키도 주소도 없습니다/],
    [['--real', '0'], /--real/],
    [['--real', '1', '--seed', '3'], /--seed/],
    [['--batches', '--concurrency', '2'], /--batches.*--concurrency/],
    [['--concurrency', '0'], /--concurrency/],
    [['--weather', 'fog'], /calm, rough, storm.*fog/],
    [['--seconds', '3'], /--seconds: 16 이상/],
    [['--seed', '-1'], /사용법|--seed/],
    [['--month', '--weather', 'calm'], /--month.*--weather/],
    [['--month', '--days', '11'], /--days: 12 이상/],
    [['--month', '--seconds', '0'], /--seconds/],
    [['--days', '20'], /--days.*--month/],
    [['--nonsense'], /사용법/],
  ] as const) {
    test(`refuses ${args.join(' ')}`, async (t) => {
      const { exited, said, rehearsals } = start(t, args);
      assert.equal(await exited, 2, said());
      assert.match(said(), wanted);
      assert.deepEqual(rehearsals(), []);
    });
  }
});
