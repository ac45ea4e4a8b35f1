import assert from 'node:assert/strict';
import { copyFileSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { readModel } from '../../../api/pricing.js';
import { UserError } from '../../../lib/errors.js';
import { addCustomCards } from '../../../prompt/custom-cards.js';
import { readCards } from '../../../prompt/read-cards.js';
import { readTemplate } from '../../../prompt/template.js';
import { AXIS_CARDS, temporaryFolder } from '../../helpers/fakes.js';
import { ROOT } from '../../helpers/processes.js';

// Every file that a person may edit, beside the settings themselves, as the editors of all systems save it.

const SHIPPED_CARDS = join(ROOT, 'config', 'premises');

interface EditedFile {
  name: string;
  content: string;
  /** @param path of the file */
  read(path: string, t: TestContext): unknown;
}

const FILES: readonly EditedFile[] = [
  { name: 'custom cards', content: '{"place": ["할머니 댁 다락"]}', read: (path) => addCustomCards(AXIS_CARDS, path) },
  { name: 'a template', content: '{"story_config": {"genre": "심리 호러"}}', read: readTemplate },
  {
    name: 'the models',
    content: '{"비고": "내 가격", "models": {"m": {"input": 1, "output": 2, "thinks": false}}}',
    read: (path) => readModel(path, 'm'),
  },
  {
    name: 'the cards of an axis',
    content: readFileSync(join(SHIPPED_CARDS, 'place.json'), 'utf8'),
    read: (path, t) => {
      const folder = temporaryFolder(t);
      for (const file of readdirSync(SHIPPED_CARDS)) copyFileSync(join(SHIPPED_CARDS, file), join(folder, file));
      copyFileSync(path, join(folder, 'place.json'));
      return readCards(folder);
    },
  },
];

for (const { name, content, read } of FILES) {
  const save = (t: TestContext, bytes: Buffer) => {
    const path = join(temporaryFolder(t), 'night.json');
    writeFileSync(path, bytes);
    return path;
  };

  test(`${name}: UTF-8 with a byte order mark and UTF-16 are read like UTF-8`, (t) => {
    const asIs = read(save(t, Buffer.from(content)), t);
    const utf16 = Buffer.from(`\ufeff${content}`, 'utf16le');
    for (const bytes of [Buffer.from(`\ufeff${content}`), utf16, Buffer.from(utf16).swap16()]) {
      assert.deepEqual(read(save(t, bytes), t), asIs);
    }
  });

  test(`${name}: CP949 is refused with what to do`, (t) => {
    // 한 in CP949.
    const bytes = Buffer.concat([Buffer.from('{"'), Buffer.from([0xc7, 0xd1]), Buffer.from('": 1}')]);
    assert.throws(
      () => read(save(t, bytes), t),
      (error) => error instanceof UserError && error.message.includes('CP949/ANSI로 보입니다. UTF-8로 저장하세요'),
    );
  });
}
