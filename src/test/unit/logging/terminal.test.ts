import assert from 'node:assert/strict';
import { EventEmitter } from 'node:events';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { openTerminal, type Stdout } from '../../../logging/terminal.js';
import { temporaryFolder } from '../../helpers/fakes.js';

const CLEAR = '\r\u001b[2K';

/** Standard output as far as a terminal uses it; `drain` calls back whoever waits for a write. */
class FakeStdout extends EventEmitter {
  written: string[] = [];
  writableLength = 0;
  writableNeedDrain = false;
  fd = -1;
  waiting: (() => void)[] = [];
  readonly isTTY: boolean;
  readonly columns: number;
  constructor(isTTY: boolean, columns: number) {
    super();
    this.isTTY = isTTY;
    this.columns = columns;
  }
  write(text: string, done?: () => void): boolean {
    if (text !== '') this.written.push(text);
    if (done !== undefined) this.waiting.push(done);
    return true;
  }
}

function terminalOn({ isTTY = false, columns = 80 } = {}) {
  const fake = new FakeStdout(isTTY, columns);
  return { fake, terminal: openTerminal(fake as unknown as Stdout, 'stream') };
}

test('what is written goes out as it is', () => {
  const { fake, terminal } = terminalOn();
  terminal.write('한 줄\n');
  terminal.write('또 한 줄\n');
  assert.deepEqual(fake.written, ['한 줄\n', '또 한 줄\n']);
});

test('only a terminal is live', () => {
  assert.equal(terminalOn({ isTTY: true }).terminal.isLive, true);
  assert.equal(terminalOn().terminal.isLive, false);
});

test('a reader that went away ends nothing, and is written to no more', () => {
  const { fake, terminal } = terminalOn({ isTTY: true });
  terminal.write('하나\n');
  assert.doesNotThrow(() => fake.emit('error', Object.assign(new Error('write EPIPE'), { code: 'EPIPE' })));
  terminal.write('둘\n');
  terminal.live('쓰는 중');
  fake.emit('error', new Error('again'));
  assert.deepEqual(fake.written, ['하나\n']);
});

test('a reader that stopped reading is written to again once it reads on', () => {
  const { fake, terminal } = terminalOn();
  fake.writableLength = 1_000_001;
  terminal.write('빠진 줄\n');
  fake.writableLength = 0;
  terminal.write('다음 줄\n');
  assert.deepEqual(fake.written, ['다음 줄\n']);
});

test('a live line gives way to each text, and stands below it again', () => {
  const { fake, terminal } = terminalOn({ isTTY: true });
  terminal.live('쓰는 중 1');
  terminal.write('기록\n');
  terminal.live('쓰는 중 2');
  assert.deepEqual(fake.written, [`${CLEAR}쓰는 중 1`, `${CLEAR}기록\n쓰는 중 1`, `${CLEAR}쓰는 중 2`]);
});

test('a live line that is taken away leaves nothing behind', () => {
  const { fake, terminal } = terminalOn({ isTTY: true });
  terminal.live('쓰는 중');
  terminal.live('');
  terminal.write('기록\n');
  assert.deepEqual(fake.written.slice(1), [CLEAR, '기록\n']);
});

test('a live line that did not change is not drawn again', () => {
  const { fake, terminal } = terminalOn({ isTTY: true });
  terminal.live('쓰는 중');
  terminal.live('쓰는 중');
  terminal.live('');
  terminal.live('');
  assert.equal(fake.written.length, 2);
});

test('a live line is cut so that it never wraps; Hangul is two columns wide', () => {
  const cases = [
    [10, '가'.repeat(20), '가'.repeat(4)],
    [11, '가'.repeat(20), '가'.repeat(5)],
    [10, 'a'.repeat(20), 'a'.repeat(9)],
    [10, 'a가b나c다e', 'a가b나c다'],
    [10, '👻👻👻👻👻👻', '👻👻👻👻'],
    [80, '짧은 줄', '짧은 줄'],
  ] as const;
  for (const [columns, line, shown] of cases) {
    const { fake, terminal } = terminalOn({ isTTY: true, columns });
    terminal.live(line);
    assert.deepEqual(fake.written, [`${CLEAR}${shown}`], `${columns} columns`);
  }
});

test('flushing waits for what is still to be written', async () => {
  const { fake, terminal } = terminalOn();
  fake.writableLength = 10;
  let over = false;
  const flushed = terminal.flush(60_000).then(() => {
    over = true;
  });
  await new Promise((resolve) => setImmediate(resolve));
  assert.equal(over, false);
  for (const done of fake.waiting) done();
  await flushed;
});

test('flushing gives up on a reader that does not read', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { fake, terminal } = terminalOn();
  fake.writableLength = 10;
  const flushed = terminal.flush(1000);
  t.mock.timers.tick(1000);
  await flushed;
});

test('there is nothing to flush when all is written, or nobody reads', async (t) => {
  t.mock.timers.enable({ apis: ['setTimeout'] });
  const { fake, terminal } = terminalOn();
  await terminal.flush(1000);
  fake.writableLength = 10;
  fake.emit('error', new Error('EPIPE'));
  await terminal.flush(1000);
  assert.equal(fake.waiting.length, 0);
});

function terminalOnFile(t: TestContext) {
  const path = join(temporaryFolder(t), 'out.log');
  const fake = new FakeStdout(false, 80);
  fake.fd = openSync(path, 'w');
  return { path, fake, terminal: openTerminal(fake as unknown as Stdout, 'file') };
}

test('a file is written before the call returns', (t) => {
  const { path, fake, terminal } = terminalOnFile(t);
  t.after(() => closeSync(fake.fd));
  terminal.write('한 줄\n');
  fake.emit('error', new Error('ENOSPC'));
  terminal.write('또 한 줄\n');
  assert.equal(readFileSync(path, 'utf8'), '한 줄\n또 한 줄\n');
  assert.deepEqual(fake.written, []);
});

test('a file that cannot be written ends nothing', async (t) => {
  const { fake, terminal } = terminalOnFile(t);
  closeSync(fake.fd);
  assert.doesNotThrow(() => terminal.write('한 줄\n'));
  await terminal.flush(1000);
});
