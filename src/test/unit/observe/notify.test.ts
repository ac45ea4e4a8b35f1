import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { identityOf, isProcessAlive, type ProcessIdentity } from '../../../lib/process-identity.js';
import { type Notification, type NotifierOptions, openNotifier } from '../../../observe/notify.js';
import { recordingLog, temporaryFolder } from '../../helpers/fakes.js';

const NOTE: Notification = {
  event: 'cap_near',
  message: '토큰 상한의 80%를 넘었습니다',
  run_id: 'run_1',
  status: null,
};
const LAST: Notification = { ...NOTE, event: 'run_ended', reason: 'count', exit_code: 0 };

/** A notifier with the command in a folder of its own, and what came of it. */
function notifierFor(t: TestContext, command: string, options: Partial<NotifierOptions> = {}) {
  const folder = temporaryFolder(t);
  const log = recordingLog();
  const complaints: string[] = [];
  const hurry = new AbortController();
  const notifier = openNotifier({
    command,
    cwd: folder,
    env: process.env,
    secrets: [],
    log,
    writeStderr: (text) => void complaints.push(text),
    forceSignal: hurry.signal,
    ...options,
  });
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  /** The processes whose ids the command wrote into a file, one a line. */
  const processes = async (count: number): Promise<ProcessIdentity[]> => {
    const ids = () => (existsSync(join(folder, 'pids')) ? read('pids').trim().split('\n') : []);
    while (ids().length < count) await nextTurn();
    return ids().map((pid) => identityOf(Number(pid)));
  };
  return { notifier, log, complaints, hurry, read, processes };
}

/** Does not end by itself, nor does its child; says who they are. */
const HANGS = 'sleep 1000 & echo $! >> pids; echo $$ >> pids; wait';

async function ended(processes: readonly ProcessIdentity[]): Promise<void> {
  while (processes.some(isProcessAlive)) await nextTurn();
}

describe('the command', () => {
  test('reads each note as a line of JSON, and the end waits for all', async (t) => {
    const { notifier, log, complaints, read } = notifierFor(t, 'cat > "$$.json"; cat "$$.json" >> notes');
    notifier.send(NOTE);
    await notifier.sendLast(LAST);
    const notes = read('notes')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as Notification);
    assert.deepEqual(
      notes.sort((a, b) => a.event.localeCompare(b.event)),
      [NOTE, LAST],
    );
    assert.deepEqual([log.records, complaints], [[], []]);
  });

  test('gets the environment without keys, by name and by value', async (t) => {
    const env = {
      PATH: process.env.PATH,
      ANTHROPIC_API_KEY: 'one',
      ANTHROPIC_AUTH_TOKEN: 'two',
      COPY: 'key=sk-secret;',
      WEBHOOK: 'https://example.com/hook',
    };
    const { notifier, read } = notifierFor(t, 'env > environment', { env, secrets: ['sk-secret'] });
    await notifier.sendLast(LAST);
    assert.match(read('environment'), /^WEBHOOK=https:\/\/example\.com\/hook$/m);
    assert.doesNotMatch(read('environment'), /ANTHROPIC|secret|COPY/);
  });

  test('gets the variables that hold a placeholder, but no key even then', async (t) => {
    const env = {
      PATH: process.env.PATH,
      ANTHROPIC_AUTH_TOKEN: 'ollama',
      OLLAMA_URL: 'http://ollama:11434',
      COUNT: '1',
    };
    const { notifier, read } = notifierFor(t, 'env > environment', { env, secrets: ['ollama', '1'] });
    await notifier.sendLast(LAST);
    assert.match(read('environment'), /^OLLAMA_URL=http:\/\/ollama:11434$/m);
    assert.match(read('environment'), /^COUNT=1$/m);
    assert.doesNotMatch(read('environment'), /ANTHROPIC/);
  });

  const FAILING: [name: string, command: string, problem: RegExp][] = [
    [
      'fails',
      'echo 주소를 찾지 못함 >&2; exit 3',
      /^알림 명령이 실패했습니다 \(cap_near\): 종료 코드 3 - 주소를 찾지 못함$/,
    ],
    ['does not exist', 'no-such-command-here', /종료 코드 127 - .*no-such-command-here/],
    ['kills itself', 'kill -9 $$', /SIGKILL로 끝남$/],
    ['cannot be given to a shell', 'echo \0', /null bytes/],
  ];
  for (const [name, command, problem] of FAILING) {
    test(`that ${name} is a warning during the run, and a line of standard error at its end`, async (t) => {
      const during = notifierFor(t, command);
      during.notifier.send(NOTE);
      while (during.log.events().length === 0) await nextTurn();
      const [record] = during.log.records;
      assert.deepEqual([record?.level, record?.fields.event, record?.fields.of], ['warn', 'notify_failed', 'cap_near']);
      assert.match(record?.message ?? '', problem);
      const atEnd = notifierFor(t, command);
      await atEnd.notifier.sendLast(NOTE);
      assert.deepEqual(atEnd.log.records, []);
      assert.equal(atEnd.complaints.length, 1);
      assert.match(atEnd.complaints[0]?.trimEnd() ?? '', problem);
    });
  }

  test('that cannot be run in its folder is a warning too', async (t) => {
    const { notifier, complaints } = notifierFor(t, 'true', { cwd: '/no/such/folder' });
    await notifier.sendLast(LAST);
    assert.match(complaints.join(), /ENOENT/);
  });

  test('that says much, and reads nothing of a long note, is no matter', async (t) => {
    const { notifier, log, complaints } = notifierFor(t, 'head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero');
    await notifier.sendLast({ ...LAST, message: '가'.repeat(500_000) });
    assert.deepEqual([log.records, complaints], [[], []]);
  });

  test('may leave something behind in the background', async (t) => {
    const { notifier, complaints, processes } = notifierFor(t, 'sleep 1000 & echo $! >> pids');
    await notifier.sendLast(LAST);
    const [left] = await processes(1);
    assert.ok(left !== undefined && isProcessAlive(left));
    process.kill(left.pid);
    assert.deepEqual(complaints, []);
  });
});

/** By the test runner's own clock, in milliseconds. */
const GUARD = { timeout: 10_000 };

describe('a command that hangs', GUARD, () => {
  test('is ended after 10 s, with all its processes', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, log, processes } = notifierFor(t, HANGS);
    notifier.send(NOTE);
    const group = await processes(2);
    t.mock.timers.tick(9999);
    await nextTurn();
    assert.ok(group.every(isProcessAlive));
    assert.equal(log.records.length, 0);
    t.mock.timers.tick(1);
    await ended(group);
    assert.match(log.records[0]?.message ?? '', /제한 시간 안에 끝나지 않아 중단했습니다/);
  });

  test('holds a forced end up for 1 s', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, hurry, complaints, processes } = notifierFor(t, HANGS);
    hurry.abort();
    const last = notifier.sendLast(LAST);
    const group = await processes(2);
    t.mock.timers.tick(1000);
    await last;
    await ended(group);
    assert.match(complaints.join(), /제한 시간/);
  });

  test('is given 1 s more when the end is forced while it runs', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, hurry, processes } = notifierFor(t, HANGS);
    const last = notifier.sendLast(LAST);
    const group = await processes(2);
    t.mock.timers.tick(5000);
    hurry.abort();
    t.mock.timers.tick(999);
    await nextTurn();
    assert.ok(group.every(isProcessAlive));
    t.mock.timers.tick(1);
    await last;
    await ended(group);
  });

  test('holds up no other, and what goes wrong at the end is not said in the log', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, log, complaints, processes } = notifierFor(
      t,
      `case "$(cat)" in *cap_near*) ${HANGS} ;; *) echo $$ >> pids ;; esac`,
    );
    notifier.send(NOTE);
    const group = await processes(2);
    let isOver = false;
    const last = notifier.sendLast(LAST).then(() => {
      isOver = true;
    });
    await ended((await processes(3)).slice(2));
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    assert.equal(isOver, false);
    t.mock.timers.tick(10_000);
    await last;
    await ended(group);
    assert.deepEqual(log.records, []);
    assert.match(complaints.join(), /cap_near/);
  });
});
