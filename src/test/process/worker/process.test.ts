import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { parse } from 'yaml';
import type { Reply } from '../../../offline/server/reply.js';
import { storyText, temporaryFolder } from '../../helpers/fakes.js';
import {
  endpointFor,
  ROOT,
  settingsFor,
  startWorker,
  type WorkerProcess,
  type WorkerProcessOptions,
} from '../../helpers/processes.js';

const STORY: Reply = { content: [{ type: 'text', text: storyText() }] };

/** Something that a test lets happen when it is time. */
function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { open, opened };
}

/** A worker on an endpoint that gives the replies one after another, the last one for ever. */
async function workerOn(
  t: TestContext,
  replies: (Reply | (() => Promise<Reply>))[],
  options: WorkerProcessOptions = {},
) {
  let calls = 0;
  const endpoint = await endpointFor(t, () => {
    const reply = replies[Math.min(calls++, replies.length - 1)] ?? STORY;
    return typeof reply === 'function' ? reply() : reply;
  });
  const worker = startWorker(t, { ...options, env: { ...settingsFor(endpoint), ...options.env } });
  return { worker, calls: () => calls };
}

/** An endpoint that never answers the second call, and says when that has arrived. */
async function stuckOnSecondCall(t: TestContext, reply: Reply) {
  const { open, opened } = gate();
  const never = new Promise<Reply>(() => {});
  let calls = 0;
  const endpoint = await endpointFor(t, () => {
    if (++calls !== 2) return reply;
    open();
    return never;
  });
  return { endpoint, arrived: opened, calls: () => calls };
}

function metadataOf(worker: WorkerProcess): Record<string, unknown>[] {
  return worker
    .files()
    .filter((name) => name.endsWith('_metadata.json'))
    .map((name) => JSON.parse(readFileSync(join(worker.outputDir, name), 'utf8')) as Record<string, unknown>);
}

/** Every end leaves whole pairs, and the final record as the last line. */
function assertSoundEnd(worker: WorkerProcess, reason: string, stories: number): void {
  const last = worker.records().at(-1);
  assert.equal(last?.event, 'run_finished', worker.stdout());
  assert.match(String(last?.msg), /실행 완료 - 최종 통계[\s\S]*총 토큰 사용량/);
  assert.equal(last?.reason, reason);
  assert.equal(last?.stories, stories);
  const files = worker.files();
  assert.equal(files.length, 2 * stories);
  for (const name of files.filter((file) => file.endsWith('.md'))) {
    assert.match(name, /^horror_story_\d{8}_\d{6}_[0-9a-f]{8}\.md$/);
    assert.ok(files.includes(name.replace('.md', '_metadata.json')));
  }
}

describe('a run', () => {
  test('without a key writes one story of the built-in author, and says so everywhere', async (t) => {
    const worker = startWorker(t);
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 1);
    assert.match(worker.stdout(), /내장 작가\(offline\)/);
    const [metadata] = metadataOf(worker);
    assert.equal(metadata?.provider, 'offline');
    assert.equal(metadata?.model, 'offline');
    assert.equal(metadata?.cost_usd, 0);
    const markdown = readFileSync(join(worker.outputDir, worker.files()[0] ?? ''), 'utf8');
    const frontmatter = parse(markdown.split('---\n')[1] ?? '') as Record<string, unknown>;
    assert.equal(frontmatter.provider, 'offline');
    assert.equal(frontmatter.model, 'offline');
    assert.ok(Number(frontmatter.wordCount) >= 2000);
  });

  test('with a key and an address writes as many stories as asked, and its log matches no alarm', async (t) => {
    const { worker, calls } = await workerOn(t, [STORY], {
      flags: ['--max-stories', '3', '--interval-seconds', '0.01'],
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 3);
    assert.equal(calls(), 3);
    assert.deepEqual(
      metadataOf(worker)
        .map((metadata) => metadata.sequence)
        .sort(),
      [1, 2, 3],
    );
    assert.match(worker.log(), /생성 개수 제한 도달/);
    assert.doesNotMatch(worker.log() + worker.stdout(), /error|traceback/i);
    assert.equal(worker.stderr(), '');
    for (const record of worker.records()) {
      assert.equal(typeof record.event, 'string');
      assert.match(String(record.level), /^(debug|info|warn|error)$/);
      assert.match(String(record.time), /^\d{4}-\d\d-\d\dT/);
    }
  });

  test('with a duration alone goes on past one story and ends at its deadline', async (t) => {
    const { worker } = await workerOn(t, [STORY], {
      flags: ['--duration-seconds', '4', '--interval-seconds', '0.4'],
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const [last] = worker.records().slice(-1);
    assertSoundEnd(worker, 'duration', Number(last?.stories));
    assert.ok(Number(last?.stories) >= 2);
    assert.ok(Number(last?.runtime_seconds) >= 4);
    assert.match(worker.log(), /실행 시간 제한 도달/);
  });

  test('goes on when the final statistics are all that LOG_LEVEL lets through', async (t) => {
    const { worker } = await workerOn(t, [STORY], { env: { LOG_LEVEL: 'error' } });
    await worker.exited;
    assert.deepEqual(
      worker.records().map((record) => record.event),
      ['run_finished'],
    );
  });

  test('writes JSON lines to standard output when asked', async (t) => {
    const { worker } = await workerOn(t, [STORY], { env: { LOG_FORMAT: 'json' } });
    await worker.exited;
    assert.equal(worker.stdout(), worker.log());
  });

  test('in a terminal-less place says now and then how far the story is', async (t) => {
    const done = gate();
    const { worker } = await workerOn(t, [() => done.opened.then(() => STORY)], { env: { HEARTBEAT_SECONDS: '0.05' } });
    await worker.printed(/1번째 소설을 쓰는 중 - 0자, 0초/);
    done.open();
    assert.equal((await worker.exited).code, 0);
    assert.ok(worker.records().some((record) => record.event === 'progress'));
  });

  test('survives any title that a model invents', async (t) => {
    const titles = [
      '"따옴표": # \\ {a: [1]}',
      "- '작은따옴표' & *별표 %",
      '🚪 문 👩‍👩‍👧 너머',
      '가'.repeat(120),
      '---',
      'null',
    ];
    const { worker } = await workerOn(
      t,
      titles.map((title) => ({ content: [{ type: 'text', text: storyText({ title }) }] })),
      { flags: ['--max-stories', String(titles.length)] },
    );
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const inMetadata = new Map(metadataOf(worker).map(({ sequence, title }) => [Number(sequence), title]));
    assert.deepEqual(
      titles.map((_, index) => inMetadata.get(index + 1)),
      titles,
    );
    const inFrontmatter = worker
      .files()
      .filter((name) => name.endsWith('.md'))
      .map((name) => readFileSync(join(worker.outputDir, name), 'utf8').split('\n---\n')[0]?.slice(4) ?? '')
      .map((yaml) => (parse(yaml) as { title: unknown }).title);
    assert.deepEqual(inFrontmatter.sort(), [...titles].sort());
  });
});

describe('usage that is missing', () => {
  for (const [name, usage] of [
    ['absent', 'absent'],
    ['null', null],
    ['odd', { input_tokens: '많음', output_tokens: -1 }],
  ] as const) {
    test(`${name}: the story is saved all the same, with null and a warning`, async (t) => {
      const { worker } = await workerOn(t, [{ ...STORY, usage }, STORY], { flags: ['--max-stories', '2'] });
      assert.deepEqual(await worker.exited, { code: 0, signal: null });
      assertSoundEnd(worker, 'count', 2);
      assert.match(worker.stdout(), /토큰 사용량 정보 없음/);
      const bySequence = metadataOf(worker).sort((a, b) => Number(a.sequence) - Number(b.sequence));
      assert.equal(bySequence[0]?.usage, null);
      const known = bySequence[1]?.usage as { total_tokens: number };
      const last = worker.records().at(-1);
      assert.equal(last?.average_tokens_per_story, known.total_tokens);
      assert.equal(last?.stories_without_usage, 1);
    });
  }
});

describe('a signal', () => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} during a story: it is finished and saved, then the run ends with 0`, async (t) => {
      const done = gate();
      const { worker, calls } = await workerOn(t, [() => done.opened.then(() => STORY)], {
        flags: ['--max-stories', '0'],
      });
      await worker.printed(/소설을 씁니다/);
      worker.child.kill(signal);
      await worker.printed(new RegExp(`${signal} 수신 - 현재 작업 완료 후 종료합니다`));
      done.open();
      assert.deepEqual(await worker.exited, { code: 0, signal: null });
      assertSoundEnd(worker, 'signal', 1);
      assert.equal(calls(), 1);
    });

    test(`${signal} during a wait ends it at once`, async (t) => {
      const { worker } = await workerOn(t, [STORY], { flags: ['--max-stories', '2', '--interval-seconds', '3600'] });
      await worker.printed(/다음 소설을 시작합니다/);
      worker.child.kill(signal);
      assert.deepEqual(await worker.exited, { code: 0, signal: null });
      assertSoundEnd(worker, 'signal', 1);
    });
  }

  test('during a back-off ends it at once', async (t) => {
    const busy: Reply = {
      status: 429,
      headers: { 'retry-after': '3600' },
      error: { type: 'rate_limit_error', message: 'slow' },
    };
    const { worker } = await workerOn(t, [busy]);
    await worker.printed(/다시 시도합니다/);
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'signal', 0);
  });

  test('a second one after a second gives the story up, saves nothing partial and exits with 130', async (t) => {
    const half: Reply = { ...STORY, fault: { afterCharacters: 500, kind: 'ping' } };
    const { worker } = await workerOn(t, [half]);
    await worker.printed(/소설을 씁니다/);
    worker.child.kill('SIGINT');
    await worker.printed(/현재 작업 완료 후 종료합니다/);
    const again = setInterval(() => worker.child.kill('SIGINT'), 100);
    t.after(() => clearInterval(again));
    assert.deepEqual(await worker.exited, { code: 130, signal: null });
    assertSoundEnd(worker, 'aborted', 0);
    assert.equal(existsSync(join(worker.outputDir, '.set-aside')), false);
  });

  test('doubled by the terminal counts once', async (t) => {
    const done = gate();
    const { worker } = await workerOn(t, [() => done.opened.then(() => STORY)]);
    await worker.printed(/소설을 씁니다/);
    worker.child.kill('SIGINT');
    worker.child.kill('SIGINT');
    worker.child.kill('SIGTERM');
    await worker.printed(/현재 작업 완료 후 종료합니다/);
    done.open();
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'signal', 1);
  });

  test('before the worker has loaded means no story, and an end in good order', async (t) => {
    // Sent by the process itself as soon as the handlers are there, which no other process could hit.
    const early = `data:text/javascript,${encodeURIComponent('process.on("newListener", (name) => { if (name === "SIGTERM") setImmediate(() => process.kill(process.pid, "SIGTERM")) })')}`;
    const { worker, calls } = await workerOn(t, [STORY], {
      command: [process.execPath, '--import', early, 'dist/main.js'],
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'signal', 0);
    assert.equal(calls(), 0);
    assert.match(worker.stdout(), /SIGTERM 수신 - 현재 작업 완료 후 종료합니다/);
  });

  test('SIGHUP does not end a run that has no terminal', async (t) => {
    const done = gate();
    const { worker } = await workerOn(t, [() => done.opened.then(() => STORY)]);
    await worker.printed(/소설을 씁니다/);
    worker.child.kill('SIGHUP');
    await worker.printed(/SIGHUP 수신 - 터미널 없이 실행 중이므로 계속합니다/);
    done.open();
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 1);
  });
});

describe('however it is started', () => {
  const ways: [string, readonly string[]][] = [
    ['npm start', ['npm', 'start', '--']],
    ['npm run dev', ['npm', 'run', 'dev', '--']],
    ['nohup', ['nohup', process.execPath, 'dist/main.js']],
    ['a shell', ['sh', '-c', 'exec "$0" dist/main.js "$@"', process.execPath]],
  ];
  for (const [name, command] of ways) {
    test(`${name}: flags, SIGINT to the process that was started, and the exit code arrive`, async (t) => {
      const done = gate();
      const { worker } = await workerOn(t, [() => done.opened.then(() => STORY)], {
        command,
        flags: ['--max-stories', '7'],
      });
      await worker.printed(/최대 7편[\s\S]*소설을 씁니다/);
      worker.child.kill('SIGINT');
      await worker.printed(/SIGINT 수신/);
      done.open();
      assert.deepEqual(await worker.exited, { code: 0, signal: null });
      assertSoundEnd(worker, 'signal', 1);
    });
  }

  test('npm start passes the exit code of a failure on', async (t) => {
    const refused: Reply = { status: 401, error: { type: 'authentication_error', message: 'invalid key' } };
    const { worker } = await workerOn(t, [refused], { command: ['npm', 'start', '--'] });
    assert.equal((await worker.exited).code, 78);
  });
});

describe('standard output', () => {
  test('closed after the first line does not end the run', async (t) => {
    const pipe = ['bash', '-c', 'set -o pipefail; "$0" dist/main.js "$@" | head -n 1', process.execPath];
    const { worker } = await workerOn(t, [STORY], { command: pipe, flags: ['--max-stories', '3'] });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const last = worker.records().at(-1);
    assert.equal(last?.stories, 3);
  });

  test('that can take nothing (a full disk) does not end the run', async (t) => {
    const full = ['sh', '-c', 'exec "$0" dist/main.js "$@" > /dev/full', process.execPath];
    const { worker } = await workerOn(t, [STORY], { command: full, flags: ['--max-stories', '3'] });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 3);
  });

  test('that nobody reads does not hold the run up', async (t) => {
    // Some 2 MB of lines: more than a pipe holds and than is kept for a slow reader.
    const long: Reply = { content: [{ type: 'text', text: storyText({ title: '가'.repeat(1000) }) }] };
    const { worker } = await workerOn(t, [long], { flags: ['--max-stories', '300'], env: { LOG_FORMAT: 'json' } });
    worker.child.stdout?.pause();
    worker.child.stdout?.removeAllListeners('data');
    const ended = new Promise((resolve) => worker.child.on('exit', (code) => resolve(code)));
    assert.equal(await ended, 0);
    assertSoundEnd(worker, 'count', 300);
  });

  test('that is a file gets readable lines without colour', async (t) => {
    const file = join(temporaryFolder(t), 'output_24h.log');
    const command = ['sh', '-c', `exec "$0" dist/main.js "$@" > '${file}' 2>&1`, process.execPath];
    const { worker } = await workerOn(t, [STORY], { command });
    assert.equal((await worker.exited).code, 0);
    const text = readFileSync(file, 'utf8');
    assert.match(text, /^\[\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\] INFO: 호러 소설 생성기를 시작합니다/);
    assert.match(text, /실행 완료 - 최종 통계/);
    assert.ok(!text.includes('\u001b'));
  });
});

describe('the log folder', () => {
  test('that cannot be made is said once, and the run goes on', async (t) => {
    const file = join(temporaryFolder(t), 'file');
    writeFileSync(file, '');
    const { worker } = await workerOn(t, [STORY], { env: { LOG_DIR: join(file, 'logs') } });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.match(worker.stdout(), /로그 파일을 열 수 없어 표준 출력에만 남깁니다/);
    assert.match(worker.stdout(), /실행 완료 - 최종 통계/);
    assert.equal(worker.files().length, 2);
  });

  test('that disappears during the run does not end it', async (t) => {
    const done = gate();
    const { worker } = await workerOn(t, [() => done.opened.then(() => STORY)], { flags: ['--max-stories', '2'] });
    await worker.printed(/소설을 씁니다/);
    rmSync(worker.logDir, { recursive: true });
    mkdirSync(worker.logDir);
    done.open();
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(worker.files().length, 4);
  });
});

describe('the story folder', () => {
  test('that cannot be written from the start means no call until it can', async (t) => {
    const outputDir = join(temporaryFolder(t), 'stories');
    writeFileSync(outputDir, 'in the way');
    const { worker, calls } = await workerOn(t, [STORY], { outputDir });
    await worker.printed(/장부를 열지 못했습니다[\s\S]*장부를 열지 못했습니다/);
    assert.equal(calls(), 0);
    rmSync(outputDir);
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 1);
    assert.equal(calls(), 1);
  });

  /** A worker that has a story in hand while something gets in the way of its folder. */
  async function blocked(t: TestContext, options: WorkerProcessOptions = {}) {
    const done = gate();
    const outputDir = join(temporaryFolder(t), 'stories');
    const started = await workerOn(t, [() => done.opened.then(() => STORY)], { ...options, outputDir });
    await started.worker.printed(/소설을 씁니다/);
    rmSync(outputDir, { recursive: true });
    writeFileSync(outputDir, 'in the way');
    done.open();
    await started.worker.printed(/소설을 저장하지 못했습니다/);
    return { ...started, outputDir };
  }

  test('that cannot be written holds the story, asks for no other, and saves it when it can', async (t) => {
    const { worker, calls, outputDir } = await blocked(t, { flags: ['--max-stories', '2'] });
    await worker.printed(/소설을 저장하지 못했습니다[\s\S]*소설을 저장하지 못했습니다/);
    assert.equal(calls(), 1);
    rmSync(outputDir);
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 2);
    assert.equal(calls(), 2);
  });

  test('that stays unwritable to a forced end: the story is in the log, whole', async (t) => {
    const { worker } = await blocked(t);
    worker.child.kill('SIGTERM');
    await worker.printed(/본문을 로그에 남깁니다/);
    const again = setInterval(() => worker.child.kill('SIGTERM'), 100);
    t.after(() => clearInterval(again));
    assert.equal((await worker.exited).code, 130);
    const held = worker.records().find((record) => record.event === 'held_story');
    assert.ok(String(held?.markdown).includes(storyText()));
    assert.equal(worker.records().at(-1)?.event, 'run_finished');
  });

  test('that is moved away in the middle is made anew, and the run goes on with its count', async (t) => {
    const { worker } = await workerOn(t, [STORY], { flags: ['--max-stories', '2', '--interval-seconds', '0.5'] });
    await worker.printed(/다음 소설을 시작합니다/);
    rmSync(worker.outputDir, { recursive: true });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(worker.records().at(-1)?.stories, 2);
    assert.equal(metadataOf(worker)[0]?.sequence, 2);
  });
});

/** A file system of a few hundred kilobytes; null where this machine lets nobody mount one. */
function smallDisk(t: TestContext): string | null {
  const folder = mkdtempSync(join(tmpdir(), 'horror-disk-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=256k', 'tmpfs', folder], { stdio: 'ignore' });
  } catch {
    rmdirSync(folder);
    return null;
  }
  t.after(() => {
    // The worker may still hold its log open.
    execFileSync('umount', ['--lazy', folder]);
    rmdirSync(folder);
  });
  return folder;
}

test('a disk that fills up loses nothing, and the run goes on when there is room again', async (t) => {
  const disk = smallDisk(t);
  // Where nobody may mount, the tests of a story folder in the way have to do.
  if (disk === null) return t.diagnostic('no small disk could be mounted here');
  const outputDir = join(disk, 'stories');
  const logDir = join(disk, 'logs');
  mkdirSync(outputDir);
  mkdirSync(logDir);
  const ballast = join(disk, 'ballast');
  writeFileSync(ballast, Buffer.alloc(150_000));
  const { worker, calls } = await workerOn(t, [STORY], { flags: ['--max-stories', '12'], outputDir, logDir });
  await worker.printed(/no space left on device[\s\S]*no space left on device/);
  const callsWhenFull = calls();
  assert.ok(callsWhenFull < 12);
  await worker.printed(/no space left on device(?:[\s\S]*no space left on device){3}/);
  assert.equal(calls(), callsWhenFull);
  rmSync(ballast);
  assert.deepEqual(await worker.exited, { code: 0, signal: null });
  assertSoundEnd(worker, 'count', 12);
  assert.equal(calls(), 12);
  assert.deepEqual(
    metadataOf(worker)
      .map(({ sequence }) => Number(sequence))
      .sort((a, b) => a - b),
    Array.from({ length: 12 }, (_, index) => index + 1),
  );
});

describe('a run that was interrupted', () => {
  const flags = ['--resume', '--max-stories', '3', '--interval-seconds', '0.05'];

  /** Ends a worker that has saved a story and waits for the answer to its second call. */
  async function endedInSecondCall(t: TestContext, signal: NodeJS.Signals) {
    const { endpoint, arrived, calls } = await stuckOnSecondCall(t, STORY);
    const options = { flags, env: settingsFor(endpoint), outputDir: temporaryFolder(t), logDir: temporaryFolder(t) };
    const first = startWorker(t, options);
    await arrived;
    const again = setInterval(() => first.child.kill(signal), 100);
    t.after(() => clearInterval(again));
    await first.exited;
    return { options, calls };
  }

  for (const [signal, lost] of [
    ['SIGKILL', 1],
    ['SIGTERM', 0],
  ] as const) {
    test(`by ${signal} in a call is taken up with --resume: same run, same count, the call not forgotten`, async (t) => {
      const { options, calls } = await endedInSecondCall(t, signal);
      const second = startWorker(t, options);
      assert.deepEqual(await second.exited, { code: 0, signal: null });
      assert.match(second.stdout(), /끝나지 않은 실행을 이어서 합니다/);
      assertSoundEnd(second, 'count', 3);
      assert.equal(calls(), 4);
      const last = second.records().at(-1);
      assert.equal(last?.resumes, 1);
      assert.equal(last?.over, true);
      assert.equal(last?.attempts, 4);
      assert.equal(last?.calls_without_usage, 1);
      assert.equal(last?.calls_lost_to_kills, lost);
      const metadata = metadataOf(second);
      assert.deepEqual(metadata.map((each) => each.sequence).sort(), [1, 2, 3]);
      assert.deepEqual(
        metadata.map((each) => each.run_id),
        [last?.run_id, last?.run_id, last?.run_id],
      );
    });
  }

  test('is left alone without --resume, and with --new-run', async (t) => {
    const { options } = await endedInSecondCall(t, 'SIGKILL');
    // A profile that resumes, as that of pm2, is started afresh with the flag.
    for (const [flags, env] of [
      [['--max-stories', '1'], {}],
      [['--max-stories', '1', '--new-run'], { RESUME: 'true' }],
    ] as const) {
      const other = startWorker(t, { ...options, flags, env: { ...options.env, ...env } });
      assert.deepEqual(await other.exited, { code: 0, signal: null });
      assert.match(other.stdout(), /새 실행을 시작합니다/);
      assert.equal(other.records().at(-1)?.stories, 1);
    }
  });

  test('that is over is not taken up', async (t) => {
    const options = { flags: ['--resume'], outputDir: temporaryFolder(t), logDir: temporaryFolder(t) };
    await startWorker(t, options).exited;
    const second = startWorker(t, options);
    await second.exited;
    assert.match(second.stdout(), /이어 할 실행이 없어 새 실행을 시작합니다/);
    assert.equal(second.files().length, 4);
  });

  test('keeps its deadline: a start after it is a new run', async (t) => {
    const { options } = await endedInSecondCall(t, 'SIGKILL');
    const late = startWorker(t, { ...options, flags: ['--resume', '--duration-seconds', '0.001'] });
    await late.exited;
    assert.match(late.stdout(), /이어 할 실행이 없어 새 실행을 시작합니다/);
  });

  test('is not taken up while its worker lives', async (t) => {
    const done = gate();
    const outputDir = temporaryFolder(t);
    const { worker } = await workerOn(t, [() => done.opened.then(() => STORY)], { flags: ['--resume'], outputDir });
    await worker.printed(/소설을 씁니다/);
    const second = startWorker(t, { flags: ['--resume'], outputDir });
    await second.exited;
    assert.match(second.stdout(), /이어 할 실행이 없어/);
    done.open();
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assert.equal(worker.files().length, 4);
  });
});

describe('caps', () => {
  const usage = { input_tokens: 3000, output_tokens: 7000 };
  const priced = { PRICE_INPUT_USD: '10', PRICE_OUTPUT_USD: '50', MAX_TOKENS: '8000' };

  test('on tokens ends the run before a call that might pass it, with a word at 80 %', async (t) => {
    const { worker, calls } = await workerOn(t, [{ ...STORY, usage }], {
      flags: ['--max-stories', '0', '--max-tokens-total', '45000'],
      env: priced,
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    const stories = Number(worker.records().at(-1)?.stories);
    assertSoundEnd(worker, 'cap', stories);
    // A call can take 8,000 tokens and the bytes of its prompt, a little over 5,000.
    assert.equal(stories, 4);
    assert.equal(calls(), 4);
    assert.match(worker.stdout(), /토큰 상한의 80%를 넘었습니다[\s\S]*토큰 상한 도달/);
  });

  test('on money count across a kill, and the killed call at its most', async (t) => {
    const { endpoint, arrived, calls } = await stuckOnSecondCall(t, { ...STORY, usage });
    // A story costs 0.38 $; a call at most about 0.46 $.
    const options = {
      flags: ['--resume', '--max-stories', '0', '--max-cost-usd', '1.6'],
      env: { ...settingsFor(endpoint), ...priced },
      outputDir: temporaryFolder(t),
      logDir: temporaryFolder(t),
    };
    const first = startWorker(t, options);
    await arrived;
    first.child.kill('SIGKILL');
    await first.exited;
    const second = startWorker(t, options);
    assert.deepEqual(await second.exited, { code: 0, signal: null });
    assertSoundEnd(second, 'cap', 2);
    assert.equal(calls(), 3);
    assert.match(second.stdout(), /비용 상한 도달/);
  });

  for (const [name, flags, env, message] of [
    ['below a single call is refused', ['--max-tokens-total', '100'], {}, /MAX_TOKENS_TOTAL.*한 번의 호출/],
    [
      'on money without a price is refused',
      ['--max-cost-usd', '5'],
      { CLAUDE_MODEL: 'nobody-knows' },
      /nobody-knows의 가격을 모릅니다/,
    ],
    ['below the cost of a call is refused', ['--max-cost-usd', '0.001'], priced, /MAX_COST_USD.*한 번의 호출/],
  ] as const) {
    test(`${name} at the start`, async (t) => {
      const worker = startWorker(t, { flags, env: { ANTHROPIC_API_KEY: 'test-key-123', ...env } });
      assert.equal((await worker.exited).code, 2);
      assert.match(worker.stderr(), message);
    });
  }
});

test("three workers on one folder keep out of each other's way", async (t) => {
  const outputDir = temporaryFolder(t);
  const endpoint = await endpointFor(t, () => STORY);
  const workers = [1, 2, 3].map(() =>
    startWorker(t, { flags: ['--max-stories', '100'], env: settingsFor(endpoint), outputDir }),
  );
  for (const worker of workers) assert.deepEqual(await worker.exited, { code: 0, signal: null });
  const [first] = workers;
  assert.ok(first !== undefined);
  const metadata = metadataOf(first);
  assert.equal(metadata.length, 300);
  assert.equal(first.files().length, 600);
  for (const worker of workers) {
    const last = worker.records().at(-1) as { run_id: string; tokens: { total_tokens: number } };
    const own = metadata.filter((each) => each.run_id === last.run_id);
    assert.equal(own.length, 100);
    const total = own.reduce((sum, each) => sum + (each.usage as { total_tokens: number }).total_tokens, 0);
    assert.equal(last.tokens.total_tokens, total);
  }
});

describe('failures of the API', () => {
  const error = (status: number, type: string, details = {}): Reply => ({
    status,
    error: { type, message: type, details },
  });
  const transient: [string, Reply][] = [
    ['429', { ...error(429, 'rate_limit_error'), headers: { 'retry-after': '0' } }],
    ['500', error(500, 'api_error')],
    ['529', error(529, 'overloaded_error')],
    ['an error event in the stream', { ...STORY, fault: { afterCharacters: 100, kind: 'error' } }],
    ['a cut stream', { ...STORY, fault: { afterCharacters: 100, kind: 'cut' } }],
    ['a stream without an end', { ...STORY, fault: { afterCharacters: 100, kind: 'end' } }],
    ['a stalled stream', { ...STORY, fault: { afterCharacters: 100, kind: 'stall' } }],
    ['a stream of pings', { ...STORY, fault: { afterCharacters: 100, kind: 'ping' } }],
    ['a 200 that is no message', { body: '<html>gateway</html>', headers: { 'content-type': 'text/html' } }],
  ];
  test('that pass by themselves cost a wait each, and never a story', async (t) => {
    const { worker, calls } = await workerOn(t, [...transient.map(([, reply]) => reply), STORY], {
      flags: ['--max-consecutive-failures', '0'],
      env: { REQUEST_IDLE_SECONDS: '1' },
    });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 1);
    assert.equal(calls(), transient.length + 1);
    const last = worker.records().at(-1);
    assert.deepEqual(last?.failed_attempts, { transient: transient.length });
    assert.equal(metadataOf(worker)[0]?.attempts, transient.length + 1);
  });

  const final: [string, Reply, string][] = [
    ['401', error(401, 'authentication_error'), 'ANTHROPIC_API_KEY'],
    ['403', error(403, 'permission_error'), '권한'],
    ['404', error(404, 'not_found_error'), 'CLAUDE_MODEL'],
    ['400', error(400, 'invalid_request_error'), 'MAX_TOKENS'],
    ['402', error(402, 'billing_error'), '결제'],
    ['a 429 of a spend limit', error(429, 'rate_limit_error', { error_code: 'enforced_spend_limit_reached' }), '결제'],
  ];
  for (const [name, reply, advice] of final) {
    test(`${name} ends the run with 78 at the first call, and says what to do`, async (t) => {
      const { worker, calls } = await workerOn(t, [reply]);
      assert.deepEqual(await worker.exited, { code: 78, signal: null });
      assertSoundEnd(worker, 'refused', 0);
      assert.equal(calls(), 1);
      assert.ok(worker.stdout().includes(advice));
    });
  }

  test('too many in a row end the run with 1', async (t) => {
    const { worker, calls } = await workerOn(t, [error(500, 'api_error')], {
      flags: ['--max-consecutive-failures', '3'],
    });
    assert.deepEqual(await worker.exited, { code: 1, signal: null });
    assertSoundEnd(worker, 'exhausted', 0);
    assert.equal(calls(), 3);
  });

  test('answers that are no stories are set aside with their reason, and another premise is tried', async (t) => {
    const text = '첫 문장만 있다.';
    const replies: Reply[] = [
      { content: [{ type: 'text', text }] },
      { ...STORY, stopReason: 'max_tokens' },
      {
        content: [{ type: 'text', text: '쓸 수 없습니다.' }],
        stopReason: 'refusal',
        stopDetails: { type: 'refusal', category: 'general_harms', explanation: null },
      },
      { content: [] },
      STORY,
    ];
    const { worker } = await workerOn(t, replies, { env: { MAX_CONTINUATIONS: '0' } });
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'count', 1);
    const last = worker.records().at(-1);
    assert.deepEqual(last?.failed_attempts, { unusable: 3, incomplete: 1 });
    assert.deepEqual(last?.failure_codes, { too_short: 1, max_tokens: 1, 'refusal:general_harms': 1, empty: 1 });
    assert.equal(last?.set_aside, 3);
    const premises = worker.records().flatMap((record) => (record.event === 'story_started' ? [record.premise] : []));
    assert.equal(new Set(premises.map((premise) => JSON.stringify(premise))).size, 5);
  });

  test('an address where nobody listens is tried again', async (t) => {
    const endpoint = await endpointFor(t, () => STORY);
    await endpoint.close();
    const worker = startWorker(t, { env: settingsFor(endpoint), flags: ['--max-consecutive-failures', '2'] });
    assert.equal((await worker.exited).code, 1);
    assert.match(worker.stdout(), /ECONNREFUSED/);
  });

  test('that announce themselves are avoided: with nothing left of a limit the next call waits until it is full', async (t) => {
    const reset = new Date(Date.now() + 3_600_000).toISOString();
    const headers = { 'anthropic-ratelimit-requests-remaining': '0', 'anthropic-ratelimit-requests-reset': reset };
    const { worker, calls } = await workerOn(t, [{ ...STORY, headers }], { flags: ['--max-stories', '2'] });
    await worker.printed(/남은 한도: \{"requests":0\}[\s\S]*요청 한도가 회복되므로/);
    worker.child.kill('SIGTERM');
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
    assertSoundEnd(worker, 'signal', 1);
    assert.equal(worker.records().at(-1)?.waiting_for, 'rate_limit');
    assert.equal(calls(), 1);
  });

  test('that repeat the key do not bring it into anything that the run writes', async (t) => {
    const key = 'sk-ant-very-secret-key-0123456789';
    const said = { type: 'api_error', message: `bad key ${key}` };
    const { worker } = await workerOn(
      t,
      [
        { status: 500, error: said },
        { status: 429, body: `<html>${key}</html>` },
        { ...STORY, fault: { afterCharacters: 100, kind: 'error', error: said } },
        { body: `no message, but ${key}` },
        STORY,
        { status: 401, error: said },
      ],
      {
        env: { ANTHROPIC_API_KEY: key, LOG_LEVEL: 'debug' },
        flags: ['--max-stories', '2', '--max-consecutive-failures', '0'],
      },
    );
    assert.equal((await worker.exited).code, 78);
    assertSoundEnd(worker, 'refused', 1);
    assert.match(worker.stdout(), /bad key \*\*\*/);
    const written = [worker.outputDir, worker.logDir].flatMap((folder) =>
      readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => readFileSync(join(entry.parentPath, entry.name), 'utf8')),
    );
    assert.ok(written.length >= 5, 'a story, its metadata, the deck, the ledger and the log');
    assert.ok(![worker.stdout(), worker.stderr(), ...written].join().includes(key));
  });
});

describe('bad input', () => {
  const cases: [string, readonly string[], Record<string, string>, RegExp][] = [
    ['an unknown flag', ['--max-storys', '3'], {}, /알 수 없는 옵션: --max-storys. 혹시 --max-stories인가요\?/],
    ['a wrong case', ['--Max-Stories', '3'], {}, /알 수 없는 옵션: --Max-Stories/],
    ['a missing value', ['--max-stories'], {}, /--max-stories에 값이 필요합니다/],
    ['a word for a number', ['--max-stories', 'three'], {}, /--max-stories: 0 이상의 정수.*three/],
    ['a number with a tail', ['--max-stories', '3abc'], {}, /--max-stories: 0 이상의 정수.*3abc/],
    ['a fraction for a count', ['--max-stories', '1.5'], {}, /--max-stories: 0 이상의 정수/],
    ['a negative number', ['--interval-seconds', '-1'], {}, /--interval-seconds: 0 이상의 초.*-1/],
    ['a negative number after =', ['--interval-seconds=-1'], {}, /--interval-seconds: 0 이상의 초.*-1/],
    ['an empty value', ['--duration-seconds='], {}, /--duration-seconds: 0 이상의 초/],
    ['a stray argument', ['3'], {}, /옵션이 아닌 값은 받지 않습니다: "3"/],
    ['a bad variable', [], { INTERVAL_SECONDS: 'soon' }, /환경 변수 INTERVAL_SECONDS: 0 이상의 초.*soon/],
    ['an unknown author', [], { AUTHOR: 'poe' }, /환경 변수 AUTHOR: .*anthropic.*poe/],
    ['a key with a blank in it', [], { ANTHROPIC_API_KEY: 'sk ant' }, /환경 변수 ANTHROPIC_API_KEY: 공백/],
    ['the API without a key', [], { AUTHOR: 'anthropic' }, /ANTHROPIC_API_KEY/],
    [
      'a template that is not there',
      ['--template', 'nowhere.json'],
      {},
      /템플릿 파일을 읽을 수 없습니다.*nowhere\.json/,
    ],
  ];
  for (const [name, flags, env, message] of cases) {
    test(`${name} is answered with one clear line and exit code 2, and nothing is written`, async (t) => {
      const logDir = join(temporaryFolder(t), 'logs');
      const worker = startWorker(t, { flags, env, logDir });
      assert.deepEqual(await worker.exited, { code: 2, signal: null });
      assert.match(worker.stderr(), message);
      assert.equal(worker.stderr().trim().split('\n').length, 1);
      assert.equal(worker.stdout(), '');
      assert.equal(existsSync(logDir), false);
      assert.deepEqual(worker.files(), []);
    });
  }

  test('--help, --version and --print-config print and exit with 0', async (t) => {
    for (const [flag, pattern] of [
      ['--help', /호러 소설 생성기 - 24h 연속 실행 지원[\s\S]*--duration-seconds/],
      ['--version', /^\d+\.\d+\.\d+\n$/],
      ['--print-config', /anthropicApiKey = "\*\*\*" {2}\(환경 변수 ANTHROPIC_API_KEY\)/],
    ] as const) {
      const worker = startWorker(t, { flags: [flag], env: { ANTHROPIC_API_KEY: 'sk-ant-hidden' } });
      assert.deepEqual(await worker.exited, { code: 0, signal: null });
      assert.match(worker.stdout(), pattern);
      assert.ok(!worker.stdout().includes('sk-ant-hidden'));
    }
  });
});

describe('a defect of our own', () => {
  for (const [name, code] of [
    ['an uncaught exception', 'process.on("SIGUSR2", () => { throw new Error("boom") })'],
    ['an unhandled rejection', 'process.on("SIGUSR2", () => { Promise.reject(new Error("boom")) })'],
  ] as const) {
    test(`${name} ends the run with 1, its stack in the log and the final record last`, async (t) => {
      const preload = `data:text/javascript,${encodeURIComponent(code)}`;
      const { worker } = await workerOn(t, [STORY], {
        command: [process.execPath, '--import', preload, 'dist/main.js'],
        flags: ['--max-stories', '2', '--interval-seconds', '3600'],
      });
      await worker.printed(/다음 소설을 시작합니다/);
      worker.child.kill('SIGUSR2');
      assert.deepEqual(await worker.exited, { code: 1, signal: null });
      assertSoundEnd(worker, 'uncaught', 1);
      const defect = worker.records().find((record) => record.event === 'uncaught');
      assert.match(JSON.stringify(defect), /boom.*stack/);
    });
  }

  test('a wait that nothing can end ends the run with 1, and the final record says so', async (t) => {
    const code = `
      import fs from 'node:fs';
      import { syncBuiltinESMExports } from 'node:module';
      process.on('SIGUSR2', () => {
        fs.fsync = () => {};
        syncBuiltinESMExports();
      });`;
    const { worker } = await workerOn(t, [STORY, STORY], {
      command: [process.execPath, '--import', `data:text/javascript,${encodeURIComponent(code)}`, 'dist/main.js'],
      flags: ['--max-stories', '2', '--interval-seconds', '1'],
    });
    await worker.printed(/다음 소설을 시작합니다/);
    worker.child.kill('SIGUSR2');
    assert.deepEqual(await worker.exited, { code: 1, signal: null });
    assertSoundEnd(worker, 'uncaught', 1);
  });
});

test('the worker runs from any working directory', async (t) => {
  const command = ['sh', '-c', `cd / && exec "$0" '${join(ROOT, 'dist/main.js')}' "$@"`, process.execPath];
  const { worker } = await workerOn(t, [STORY], { command });
  assert.deepEqual(await worker.exited, { code: 0, signal: null });
  assertSoundEnd(worker, 'count', 1);
});
