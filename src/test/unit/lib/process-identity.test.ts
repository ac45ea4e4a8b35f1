import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { describe, test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import {
  identify,
  identityOf,
  isAlive,
  isProcessAlive,
  isSameProcess,
  type ProcessIdentity,
  type ProcessSystem,
  thisSystem,
} from '../../../lib/process-identity.js';
import { DEAD, ME, neighbour } from '../../helpers/records.js';

const LINUX = { skip: !existsSync('/proc/self/stat') };

test('this process is alive, and so is its neighbour', (t) => {
  assert.ok(isProcessAlive(ME));
  assert.ok(isProcessAlive(neighbour(t).owner));
});

test('an owner is the same after a way through a file', (t) => {
  const { owner } = neighbour(t);
  assert.ok(isProcessAlive(JSON.parse(JSON.stringify(owner))));
  assert.deepEqual(identityOf(owner.pid), owner);
});

test('a process that was killed is not alive', async (t) => {
  const { owner, child } = neighbour(t);
  child.kill('SIGKILL');
  await once(child, 'close');
  assert.equal(isProcessAlive(owner), false);
  assert.equal(isProcessAlive(DEAD), false);
});

test('another process that has got the same number is not the owner', LINUX, (t) => {
  const { owner } = neighbour(t);
  assert.notEqual(owner.started, null);
  assert.equal(isProcessAlive({ ...owner, started: '1' }), false);
});

test('where nobody says when a process started, its number has to do', (t) => {
  assert.ok(isProcessAlive({ ...neighbour(t).owner, started: null }));
});

test('a process of another machine, or of this one before its restart, is not alive here', (t) => {
  assert.equal(isProcessAlive({ ...neighbour(t).owner, boot: 'another' }), false);
});

test('a process of somebody else is alive', () => {
  assert.ok(isProcessAlive(identityOf(1)));
});

test('two processes are told apart by more than their number', LINUX, (t) => {
  const { owner } = neighbour(t);
  assert.match(owner.started ?? '', /^\d+$/);
  assert.equal(owner.boot, ME.boot);
  assert.ok(isSameProcess(owner, JSON.parse(JSON.stringify(owner))));
  for (const other of [ME, { ...owner, pid: ME.pid }, { ...owner, started: '1' }, { ...owner, boot: 'another' }]) {
    assert.equal(isSameProcess(owner, other), false);
  }
});

test('a name with blanks and brackets hides nothing', LINUX, async (t) => {
  const script = `process.stdin.once('data', () => { process.title = 'a) Z 1 ('; console.log('renamed'); setInterval(() => {}, 1e6); })`;
  const child = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'ignore'] });
  t.after(() => child.kill('SIGKILL'));
  const pid = child.pid ?? 0;
  const before = identityOf(pid);
  child.stdin.write('now\n');
  await once(child.stdout, 'data');
  assert.ok(readFileSync(`/proc/${pid}/stat`, 'utf8').includes('(a) Z 1 ()'));
  assert.deepEqual(identityOf(pid), before);
  assert.ok(isProcessAlive(before));
});

test('a process that has ended and that nobody asked after is not alive', LINUX, async (t) => {
  // sleep takes the place of the shell, and does not look after its child.
  const parent = spawn('sh', ['-c', 'sleep 60 & echo $!; exec sleep 60'], { stdio: ['ignore', 'pipe', 'ignore'] });
  t.after(() => parent.kill('SIGKILL'));
  const [printed] = (await once(parent.stdout, 'data')) as [Buffer];
  const owner = identityOf(Number(printed.toString()));
  assert.ok(isProcessAlive(owner));
  process.kill(owner.pid, 'SIGKILL');
  while (!/\) Z /.test(readFileSync(`/proc/${owner.pid}/stat`, 'utf8'))) await setImmediate();
  process.kill(owner.pid, 0);
  assert.equal(isProcessAlive(owner), false);
});

/** What the first worker of these tests is, and when it started. */
const OWNER = 4242;
const STARTED = Date.UTC(2026, 10, 29, 2, 30, 0, 400);

/** A system that is not Linux, on which these processes run; by number, when each started, null where it does not say. */
function systemOf(
  platform: 'darwin' | 'win32' | 'freebsd',
  processes: Record<number, number | null>,
  { name = 'macbook.local', self = OWNER } = {},
) {
  const runs: string[] = [];
  const system: ProcessSystem = {
    platform,
    hostname: () => name,
    self: { pid: self, startedAt: processes[self] ?? 0 },
    kill: (pid) => {
      if (!(pid in processes)) throw Object.assign(new Error('ESRCH'), { code: 'ESRCH' });
    },
    readFile: () => assert.fail('there is no /proc'),
    run: (program, args) => {
      runs.push(program);
      const pid = Number(/(?:-p,|-Id )(\d+)/.exec(args.join())?.[1]);
      const at = processes[pid];
      if (at == null) return null;
      const date = new Date(at);
      if (platform === 'win32') return date.toISOString().replace('Z', '1234Z');
      // Sun Nov 29 02:30:00 2026
      const [day = '', dayOfMonth = '', month = '', year = '', time = ''] = date.toUTCString().split(/,? /);
      return `${day} ${month} ${String(Number(dayOfMonth)).padStart(2)} ${time} ${year}`;
    },
  };
  return { system, runs };
}

describe('where there is no /proc', () => {
  for (const platform of ['darwin', 'win32', 'freebsd'] as const) {
    const at = (pid: number, started: number | null, options = {}) =>
      systemOf(platform, { [pid]: started }, options).system;
    const owner = identify(OWNER, at(OWNER, STARTED));
    const seenBy = (system: ProcessSystem) => isAlive(owner, { ...system, self: { pid: 1, startedAt: 0 } });

    test(`${platform}: an owner is alive as long as it runs, also after a way through a file`, () => {
      assert.equal(owner.started, new Date(STARTED).toISOString());
      assert.ok(seenBy(at(OWNER, STARTED)));
      assert.ok(isAlive(JSON.parse(JSON.stringify(owner)) as ProcessIdentity, at(OWNER, STARTED, { self: 1 })));
      assert.equal(seenBy(at(OWNER + 1, STARTED)), false);
    });

    test(`${platform}: another process that has got the number, after a restart of the machine too, is not the owner`, () => {
      for (const other of [STARTED + 3000, STARTED - 3000, STARTED + 86_400_000]) {
        assert.equal(seenBy(at(OWNER, other)), false);
      }
    });

    test(`${platform}: a machine that has another name by now is the same machine`, () => {
      assert.ok(seenBy(at(OWNER, STARTED, { name: 'macbook-2.fritz.box' })));
    });

    test(`${platform}: where the system does not say when a process started, its number has to do`, () => {
      assert.ok(seenBy(at(OWNER, null)));
    });

    test(`${platform}: what version 1.0.0 wrote is compared as it was`, () => {
      const old: ProcessIdentity = { boot: 'macbook.local', pid: OWNER, started: null };
      assert.ok(isAlive(old, at(OWNER, STARTED + 86_400_000)));
      assert.equal(isAlive(old, at(OWNER, STARTED, { name: 'other.local' })), false);
      assert.equal(isAlive(old, at(OWNER + 1, STARTED)), false);
    });

    test(`${platform}: this process starts no program to know itself, and is the same each time`, () => {
      const { system, runs } = systemOf(platform, { [OWNER]: STARTED });
      assert.deepEqual(identify(OWNER, system), identify(OWNER, system));
      assert.deepEqual(runs, []);
      identify(OWNER, { ...system, self: { pid: 1, startedAt: 0 } });
      assert.deepEqual(runs, [platform === 'win32' ? 'powershell.exe' : 'ps']);
    });
  }

  test('the real ps says when a process started', { skip: thisSystem.run('ps', ['-p', '1']) === null }, () => {
    const asMac: ProcessSystem = { ...thisSystem, platform: 'darwin' };
    const self = identify(process.pid, asMac);
    assert.equal(new Date(self.started ?? '').getTime(), Math.floor(thisSystem.self.startedAt));
    // Asked about itself as about another process, through ps.
    const { started } = identify(process.pid, { ...asMac, self: { pid: 0, startedAt: 0 } });
    assert.ok(Math.abs(Date.parse(started ?? '') - thisSystem.self.startedAt) <= 2000, started ?? 'null');
    assert.ok(isAlive(self, { ...asMac, self: { pid: 0, startedAt: 0 } }));
  });
});

test('on Linux the kernel is asked, and what version 1.0.0 wrote stays comparable', LINUX, (t) => {
  const { owner } = neighbour(t);
  const { boot, pid, started } = owner;
  assert.match(boot, /^[0-9a-f-]{36}$/);
  assert.match(started ?? '', /^\d+$/);
  // Field for field what 1.0.0 has in its ledgers.
  assert.ok(isProcessAlive({ boot, pid, started }));
  assert.equal(thisSystem.run('no-such-program-here', []), null);
});
