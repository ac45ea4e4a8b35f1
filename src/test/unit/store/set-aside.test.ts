import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { acceptSetAside, listSetAside, SetAsideError, showSetAside } from '../../../store/set-aside.js';
import { temporaryFolder } from '../../helpers/fakes.js';
import { keepAside } from '../../helpers/folders.js';

const NOW = Date.UTC(2026, 10, 23, 5);

const keep = (folder: string, title: string, at = NOW) => keepAside(folder, title, at);

test('what is set aside is listed with its reason and its cost, oldest first', async (t) => {
  const folder = temporaryFolder(t);
  assert.deepEqual(await listSetAside(folder), []);
  const second = await keep(folder, '둘째', NOW + 60_000);
  const first = await keep(folder, '첫째');
  const all = await listSetAside(folder);
  assert.deepEqual(
    all.map(({ name, title, code, tokens }) => [name, title, code, tokens]),
    [
      [first, '첫째', 'max_tokens', 3000],
      [second, '둘째', 'max_tokens', 3000],
    ],
  );
});

test('one is shown by any part of its name that fits it alone', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keep(folder, '첫째');
  await keep(folder, '둘째', NOW + 60_000);
  assert.equal(await showSetAside(folder, name.slice(-8)), '# 첫째\n\n본문');
  await assert.rejects(showSetAside(folder, 'horror_story'), SetAsideError);
  await assert.rejects(showSetAside(folder, 'nothing'), SetAsideError);
});

test('an accepted one is a whole pair among the stories, and set aside no more', async (t) => {
  const folder = temporaryFolder(t);
  const name = await keep(folder, '첫째');
  assert.equal(await acceptSetAside(folder, name, NOW), join(folder, `${name}.md`));
  assert.deepEqual(await listSetAside(folder), []);
  assert.deepEqual(readdirSync(join(folder, '.set-aside')), []);
  const metadata = JSON.parse(readFileSync(join(folder, `${name}_metadata.json`), 'utf8')) as Record<string, unknown>;
  assert.match(String(metadata.accepted_at), /^2026-11-23T/);
  assert.equal((metadata.set_aside as { code: string }).code, 'max_tokens');
  assert.equal(readFileSync(join(folder, `${name}.md`), 'utf8'), '# 첫째\n\n본문');
});
