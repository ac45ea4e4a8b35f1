import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, type TestContext, test } from 'node:test';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { identityOf, isProcessAlive, type ProcessIdentity } from '../../../lib/process-identity.js';
import type { Notification } from '../../../observe/notifications.js';
import { type NotifierOptions, openNotifier } from '../../../observe/notify.js';
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
  /** The notifications that the command wrote into a file, one a line. */
  const notes = () =>
    (existsSync(join(folder, 'notes')) ? read('notes') : '')
      .split('\n')
      .slice(0, -1)
      .map((line) => JSON.parse(line) as Notification);
  /** The processes whose ids the command wrote into a file, one a line. */
  const processes = async (count: number): Promise<ProcessIdentity[]> => {
    const ids = () => (existsSync(join(folder, 'pids')) ? read('pids').trim().split('\n') : []);
    while (ids().length < count) await nextTurn();
    return ids().map((pid) => identityOf(Number(pid)));
  };
  return { folder, notifier, log, complaints, hurry, read, notes, processes };
}

/** Does not end by itself, nor does its child; says who they are. */
const HANGS = 'sleep 1000 & echo $! >> pids; echo $$ >> pids; wait';

/** Does so only the first time; after that it keeps what it reads. */
const HANGS_AT_FIRST = `case "$(cat | tee current)" in *cap_near*) ${HANGS} ;; *) cat current >> notes ;; esac`;

async function ended(processes: readonly ProcessIdentity[]): Promise<void> {
  while (processes.some(isProcessAlive)) await nextTurn();
}

describe('the command', () => {
  test('reads each notification as a line of JSON, one after the other, and the end waits for all', async (t) => {
    const { notifier, log, complaints, notes, read } = notifierFor(
      t,
      'echo begin >> order; cat >> notes; sleep 0.02; echo end >> order',
    );
    const many = Array.from({ length: 5 }, (_, at): Notification => ({ ...NOTE, message: String(at) }));
    for (const each of many) notifier.send(each);
    await notifier.finish(LAST);
    assert.deepEqual(notes(), [...many, LAST]);
    assert.equal(read('order'), 'begin\nend\n'.repeat(6));
    assert.deepEqual([log.records, complaints], [[], []]);
  });

  test('is run again after it was idle', async (t) => {
    const { notifier, notes } = notifierFor(t, 'cat >> notes');
    notifier.send(NOTE);
    while (notes().length < 1) await nextTurn();
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    notifier.send({ ...NOTE, message: 'again' });
    await notifier.finish(null);
    assert.deepEqual(
      notes().map(({ message }) => message),
      [NOTE.message, 'again'],
    );
    notifier.send(NOTE);
    await notifier.finish(null);
    assert.equal(notes().length, 2);
  });

  test('has the parts that a short command needs as variables too, and nothing of a story where there is none', async (t) => {
    const { notifier, read } = notifierFor(t, 'env | grep ^NOTIFICATION_ | sort >> variables; echo >> variables');
    notifier.send({
      ...NOTE,
      event: 'story_saved',
      message: '저장 "$(rm x)"',
      story: {
        title: `'; \0echo`,
        word_count: 3,
        cost_usd: null,
        markdown_path: '/a b.md',
        metadata_path: '/a b_metadata.json',
      },
    });
    await notifier.finish(LAST);
    assert.equal(
      read('variables'),
      [
        'NOTIFICATION_EVENT=story_saved',
        'NOTIFICATION_MESSAGE=저장 "$(rm x)"',
        'NOTIFICATION_STORY_FILE=/a b.md',
        'NOTIFICATION_STORY_METADATA_FILE=/a b_metadata.json',
        `NOTIFICATION_STORY_TITLE='; echo`,
        '',
        'NOTIFICATION_EVENT=run_ended',
        `NOTIFICATION_MESSAGE=${LAST.message}`,
        'NOTIFICATION_STORY_FILE=',
        'NOTIFICATION_STORY_METADATA_FILE=',
        'NOTIFICATION_STORY_TITLE=',
        '',
        '',
      ].join('\n'),
    );
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
    await notifier.finish(LAST);
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
    await notifier.finish(LAST);
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
      await atEnd.notifier.finish(NOTE);
      assert.deepEqual(atEnd.log.records, []);
      assert.equal(atEnd.complaints.length, 1);
      assert.match(atEnd.complaints[0]?.trimEnd() ?? '', problem);
    });
  }

  test('that cannot be run in its folder is a warning too', async (t) => {
    const { notifier, complaints } = notifierFor(t, 'true', { cwd: '/no/such/folder' });
    await notifier.finish(LAST);
    assert.match(complaints.join(), /ENOENT/);
  });

  test('that says much, and reads nothing of a long note, is no matter', async (t) => {
    const { notifier, log, complaints } = notifierFor(t, 'head -c 1000000 /dev/zero >&2; head -c 1000000 /dev/zero');
    await notifier.finish({ ...LAST, message: '가'.repeat(500_000) });
    assert.deepEqual([log.records, complaints], [[], []]);
  });

  test('may leave something behind in the background', async (t) => {
    const { notifier, complaints, processes } = notifierFor(t, 'sleep 1000 & echo $! >> pids');
    await notifier.finish(LAST);
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
    const last = notifier.finish(LAST);
    const group = await processes(2);
    t.mock.timers.tick(1000);
    await last;
    await ended(group);
    assert.match(complaints.join(), /제한 시간/);
  });

  test('is given 1 s more when the end is forced while it runs', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, hurry, processes } = notifierFor(t, HANGS);
    const last = notifier.finish(LAST);
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

  test('keeps what was sent after it waiting, and the run never', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, log, notes, processes } = notifierFor(t, HANGS_AT_FIRST);
    notifier.send(NOTE);
    notifier.send({ ...NOTE, event: 'failures' });
    const group = await processes(2);
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    assert.deepEqual(notes(), []);
    t.mock.timers.tick(10_000);
    await ended(group);
    while (notes().length < 1) await nextTurn();
    assert.equal(notes()[0]?.event, 'failures');
    assert.deepEqual(log.events(), ['notify_failed']);
  });

  test('at the end has half of its 10 s, with all that wait behind it, and the last one is delivered', async (t) => {
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, log, complaints, notes, processes } = notifierFor(t, HANGS_AT_FIRST);
    notifier.send(NOTE);
    const group = await processes(2);
    notifier.send({ ...NOTE, event: 'failures' });
    notifier.send({ ...NOTE, event: 'story_saved' });
    const last = notifier.finish(LAST);
    t.mock.timers.tick(4999);
    for (let turns = 0; turns < 20; turns++) await nextTurn();
    assert.ok(group.every(isProcessAlive));
    t.mock.timers.tick(1);
    await ended(group);
    await last;
    assert.deepEqual(notes(), [LAST]);
    assert.deepEqual(log.records, []);
    assert.deepEqual(complaints, [
      '실행이 끝나 알림 2건을 보내지 않습니다\n',
      '알림 명령이 실패했습니다 (cap_near): 제한 시간 안에 끝나지 않아 중단했습니다\n',
    ]);
  });

  test('is ended at once when the end is forced, for the last one to be delivered', async (t) => {
    const { notifier, hurry, notes, processes } = notifierFor(t, HANGS_AT_FIRST);
    notifier.send(NOTE);
    const group = await processes(2);
    const last = notifier.finish(LAST);
    hurry.abort();
    await last;
    await ended(group);
    assert.deepEqual(notes(), [LAST]);
    const forced = notifierFor(t, HANGS_AT_FIRST);
    forced.notifier.send(NOTE);
    await forced.processes(2);
    forced.hurry.abort();
    await forced.notifier.finish(LAST);
    assert.deepEqual(forced.notes(), [LAST]);
  });
});

describe('a command that is too slow', GUARD, () => {
  test('has no more than 100 waiting, the latest ones, of heartbeats one; that is said once', async (t) => {
    // However slow the machine is, nothing is given up.
    t.mock.timers.enable({ apis: ['setTimeout'] });
    const { notifier, log, notes, folder } = notifierFor(
      t,
      'if mkdir first 2> /dev/null; then while [ ! -e go ]; do sleep 0.01; done; else cat >> notes; fi',
    );
    const numbered = (at: number): Notification => ({ ...NOTE, event: 'story_saved', message: String(at) });
    notifier.send(NOTE);
    for (let at = 1; at <= 150; at++) {
      notifier.send({ ...NOTE, event: 'heartbeat', message: `beat ${at}` });
      notifier.send(numbered(at));
    }
    assert.deepEqual(log.events(), ['notify_dropped']);
    assert.match(log.records[0]?.message ?? '', /느려 오래된 알림을 버립니다 \(100건이 기다리는 중\)/);
    writeFileSync(join(folder, 'go'), '');
    await notifier.finish(LAST);
    const messages = notes().map(({ message }) => message);
    assert.deepEqual(
      messages.slice(0, -1).filter((each) => !each.startsWith('beat')),
      Array.from({ length: 99 }, (_, at) => String(52 + at)),
    );
    assert.deepEqual(
      messages.filter((each) => each.startsWith('beat')),
      ['beat 150'],
    );
    assert.equal(messages.at(-1), LAST.message);
  });
});
