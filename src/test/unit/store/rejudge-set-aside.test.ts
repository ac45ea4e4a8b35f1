import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { test } from 'node:test';
import type { FailureKind } from '../../../api/failure.js';
import { fromMarkdown } from '../../../store/frontmatter.js';
import { acceptRejudged, rejudgeSetAside } from '../../../store/rejudge-set-aside.js';
import { newName, openStoryStore } from '../../../store/story-store.js';
import { PREMISE, storyMetadata, storyText, temporaryFolder } from '../../helpers/fakes.js';

const NOW = Date.UTC(2026, 10, 29, 5);

interface Kept {
  text: string;
  kind?: FailureKind;
  code?: string;
  stopReason?: string | null;
}

/** Sets an answer aside as version 1.0.0 did, its text as it came. */
async function keep(folder: string, { text, kind = 'incomplete', code = 'no_ending', stopReason = 'end_turn' }: Kept) {
  const name = newName(NOW);
  const store = openStoryStore(folder, 'run_1');
  const markdown = `---\ntitle: 옛 제목\n---\n\n${text}\n`;
  const set_aside = { kind, code, reason: '마지막 문장이 끝나지 않았습니다' };
  const metadata = storyMetadata({ title: '옛 제목', premise: PREMISE, stop_reason: stopReason, set_aside });
  await store.stage(name, { markdown, metadata });
  await store.publish(name, 'set-aside');
  return name;
}

/** A letter, which ends with its signature. */
const LETTER = `${storyText({ title: '당신에게' })}\n\n당신의 딸, 수진`;

test('a whole story that an earlier version refused is one by the rules of today; nothing is changed', async (t) => {
  const folder = temporaryFolder(t);
  const letter = await keep(folder, { text: LETTER });
  const refusal = await keep(folder, {
    ...{ text: '죄송하지만 이 이야기는 쓸 수 없습니다.', kind: 'unusable', code: 'too_short' },
  });
  const before = readdirSync(join(folder, '.set-aside')).sort();
  const judged = await rejudgeSetAside(folder, 1000);
  const failures = Object.fromEntries(judged.map(({ name, failure }) => [name, failure]));
  assert.equal(failures[letter], null);
  assert.notEqual(failures[refusal], null);
  assert.deepEqual(readdirSync(join(folder, '.set-aside')).sort(), before);
});

for (const [name, kept] of Object.entries<Kept>({
  'a text that was cut off': { text: storyText(), code: 'max_tokens', stopReason: 'max_tokens' },
  'a text of a call that failed': { text: storyText(), kind: 'transient', code: 'cut', stopReason: null },
  'a story too much like another': { text: storyText(), kind: 'unusable', code: 'too_alike' },
})) {
  test(`${name} stays set aside`, async (t) => {
    const folder = temporaryFolder(t);
    await keep(folder, kept);
    assert.notEqual((await rejudgeSetAside(folder, 1000))[0]?.failure, null);
  });
}

test('one that is taken in stands among the stories without what stood around it, and its pair holds together', async (t) => {
  const folder = temporaryFolder(t);
  await keep(folder, { text: `물론입니다! 요청하신 소설입니다.\n\n${LETTER}`, kind: 'unusable', code: 'meta_talk' });
  const [judged] = await rejudgeSetAside(folder, 1000);
  assert.ok(judged !== undefined && judged.failure === null);
  const path = await acceptRejudged(folder, judged, NOW);
  const markdown = readFileSync(path, 'utf8');
  assert.equal(fromMarkdown(markdown)?.text, LETTER);
  const metadata = JSON.parse(readFileSync(path.replace('.md', '_metadata.json'), 'utf8')) as Record<string, unknown>;
  assert.equal(metadata.sha256, createHash('sha256').update(markdown).digest('hex'));
  assert.equal(metadata.title, '당신에게');
  assert.equal(typeof metadata.accepted_at, 'string');
  assert.deepEqual((metadata.set_aside as { code: string }).code, 'meta_talk');
  assert.match(JSON.stringify(metadata.removed), /요청하신 소설입니다/);
  assert.deepEqual(readdirSync(join(folder, '.set-aside')), []);
  assert.deepEqual(
    readdirSync(folder).filter((file) => !file.startsWith('.')),
    [basename(path), basename(path).replace('.md', '_metadata.json')],
  );
});
