import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setImmediate } from 'node:timers/promises';
import { identityOf, isProcessAlive, isSameProcess } from '../../../lib/process-identity.js';
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
