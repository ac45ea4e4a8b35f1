import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { toHumble } from '../../../offline/korean/pronouns.js';
import { sentencesOf } from '../../../offline/korean/sentences.js';
import { loadCorpus, type Material, name, tagsOf, variants } from '../../../offline/materials.js';
import { counts, type Dealt, dealStories, paragraphsOf, told } from '../../helpers/offline/dealt-stories.js';

// What an editor counts in two hundred stories.

const DRAWS = 200;
const LAST_PARAGRAPHS = 5;
/** The part of a story by which what matters later is introduced. */
const INTRODUCED_BY = 0.45;
/** Where a form speaks in its own name; the opening sets it in its last paragraph. */
const FORM_BEATS: readonly string[] = ['earlyAside', 'aside', 'lateAside', 'close'];
const ASIDES: readonly string[] = ['earlyAside', 'aside', 'lateAside'];
const CALL = /(?<!휴대)전화(?!번호)|통화|수화기/u;
/** Joints of two titles that say nothing of how the two go together. */
const EMPTY_JOINTS = /위한|에 남은|다음의|너머의|남긴/u;

/** A statement in 해라체. */
const PLAIN_ENDING = /(?<![니시])다[.?!](?=\s|$)/u;

let stories: readonly Dealt[] = [];

before(async () => {
  stories = await dealStories(DRAWS, 7);
});

function share(holds: (story: Dealt) => boolean): number {
  return stories.filter(holds).length / stories.length;
}

/** How the story names a card's thing: a humble narrator says 저 for 나. */
function refOf({ material }: Dealt, axis: 'presence' | 'device'): string {
  const ref = name(material[axis], 'ref');
  return name(material.form, 'self') === '저' ? toHumble(ref) : ref;
}

/** The door word after a room's name is not its name: "폐기 보관실 철문" is of the "보관실". */
function roomOf(place: Material): string {
  const room = name(place, 'deep')
    .replace(/(방화문|점검문|철문|쪽문|문)$/u, '')
    .trim();
  return room.split(' ').at(-1) ?? '';
}

function lengthOf(texts: readonly string[]): number {
  return texts.join('').length;
}

function formTextsOf({ passages }: Dealt): string[] {
  return passages.flatMap(({ beat, text, touch }) => [
    ...(FORM_BEATS.includes(beat) ? [text] : []),
    ...(beat === 'opening' ? [text.split('\n\n').at(-1) ?? ''] : []),
    touch,
  ]);
}

test('nearly every ending names the presence and the device in the last paragraphs before its close', () => {
  const names = (story: Dealt): boolean => {
    const closing = story.passages.at(-1);
    assert.equal(closing?.beat, 'close');
    const paragraphs = paragraphsOf(story.text);
    const end = paragraphs.length - (closing?.text.split('\n\n').length ?? 0);
    const last = paragraphs.slice(end - LAST_PARAGRAPHS, end).join('\n');
    return last.includes(refOf(story, 'presence')) && last.includes(refOf(story, 'device'));
  };
  assert.ok(share(names) >= 0.95, `${share(names)}`);
});

test('stories come to their end in at least four ways, none of them in more than a third of all', () => {
  const backs = counts(stories.map(({ plot }) => loadCorpus().plots.find((known) => known.name === plot)?.back ?? ''));
  assert.ok(backs.size >= 4);
  assert.ok(Math.max(...backs.values()) <= DRAWS / 3, [...backs.values()].join());
});

test('a glass door and a phone call each stand in at most 60 % of the stories', () => {
  const glass = share(({ text }) => text.includes('유리문'));
  const call = share(({ text }) => CALL.test(text));
  assert.ok(glass <= 0.6, `${glass}`);
  assert.ok(call <= 0.6, `${call}`);
});

test('after every sign the narrator reacts', () => {
  for (const { title, passages } of stories) {
    const sign = passages.findIndex(({ beat }) => beat === 'sign');
    assert.ok(sign >= 0, title);
    assert.equal(passages[sign + 1]?.beat, 'fright', title);
    assert.notEqual(passages[sign + 1]?.text, '', title);
  }
});

test('the room behind the door is named before 45 % of every story', () => {
  for (const { title, text, material } of stories) {
    const body = paragraphsOf(text).join('\n\n');
    const at = body.indexOf(roomOf(material.place));
    assert.ok(
      at >= 0 && at < body.length * INTRODUCED_BY,
      `${title}: ${roomOf(material.place)} at ${at / body.length}`,
    );
  }
});

test('every reason for being at a place names the room that is to be left alone', () => {
  const { material } = loadCorpus();
  for (const [id, place] of material.place) {
    const reasons = [null, ...tagsOf(place, 'reason')].flatMap((tag) =>
      variants(place, tag === null ? 'reason' : `reason@${tag}`),
    );
    for (const reason of reasons) {
      assert.ok(reason.includes('{deep') || reason.includes(roomOf(place)), `${id}: ${reason}`);
    }
  }
});

test('what is done at a place goes with the reason for being there', () => {
  const { material } = loadCorpus();
  for (const [id, place] of material.place) {
    const tags = new Set(['open', 'reason', 'routine'].map((field) => tagsOf(place, field).sort().join()));
    assert.equal(tags.size, 1, `${id}: ${[...tags].join(' / ')}`);
  }
});

test('a form is carried through: an eighth of the text is its own, with two asides and one in the middle', () => {
  const shares = stories.map((story) => lengthOf(formTextsOf(story)) / lengthOf(story.passages.map(told)));
  const mean = shares.reduce((sum, part) => sum + part, 0) / shares.length;
  assert.ok(mean >= 0.12, `${mean}`);
  assert.ok(Math.min(...shares) >= 0.08, `${Math.min(...shares)}`);
  for (const { title, passages } of stories) {
    const total = lengthOf(passages.map(told));
    const middles = passages.map((passage, index) => ({
      beat: passage.beat,
      middle: (lengthOf(passages.slice(0, index).map(told)) + passage.text.length / 2) / total,
    }));
    const asides = middles.filter(({ beat }) => ASIDES.includes(beat));
    assert.ok(asides.length >= 2, `${title}: ${asides.length} asides`);
    assert.ok(
      asides.some(({ middle }) => middle >= 1 / 3 && middle <= 2 / 3),
      `${title}: no aside in the middle third`,
    );
  }
});

test('narration keeps the register of its form from the first sentence to the last', () => {
  const faults = stories.flatMap((story) => {
    const register = name(story.material.form, 'register');
    const isFramed = name(story.material.form, 'frame') !== '';
    const passages = story.passages.flatMap(({ beat, text, touch }) => {
      if (!isFramed) return [text, touch];
      if (beat === 'opening') return text.split('\n\n').slice(0, -1);
      return FORM_BEATS.includes(beat) ? [] : [text];
    });
    const narration = passages.join('\n').replace(/“[^”]*”|‘[^’]*’/gu, '');
    const hit = register === 'plain' ? null : PLAIN_ENDING.exec(narration);
    return hit ? [`${story.title} (${register}): ${narration.slice(Math.max(0, hit.index - 30), hit.index + 5)}`] : [];
  });
  assert.deepEqual(faults, []);
});

test('a humble narrator says 저 throughout', () => {
  const faults = stories.flatMap(({ title, passages, material: { form } }) => {
    if (name(form, 'self') !== '저' || name(form, 'frame') !== '') return [];
    const narration = passages
      .map(told)
      .join('\n')
      .replace(/“[^”]*”|‘[^’]*’/gu, '');
    const hit = /(?:^|[\s(])(?:나를|나에게|나의|나만|나도|내가|내게) /u.exec(narration);
    return hit ? [`${title}: ${narration.slice(Math.max(0, hit.index - 20), hit.index + 20)}`] : [];
  });
  assert.deepEqual(faults, []);
});

test('the form speaks to its reader after the presence has shown itself, or after the choice to stay, and nowhere else', () => {
  for (const { title, passages } of stories) {
    const touched = passages.filter(({ touch }) => touch !== '').map(({ beat }) => beat);
    assert.ok(touched.length <= 1 && touched.every((beat) => ['trace', 'stay'].includes(beat)), `${title}: ${touched}`);
  }
  assert.ok(share(({ passages }) => passages.some(({ touch }) => touch !== '')) >= 0.95, 'nearly every story has one');
});

test('no aside names the presence before the story has shown it', () => {
  for (const story of stories) {
    const beats = story.passages.map(({ beat }) => beat);
    const early = story.passages.slice(0, beats.indexOf('sign')).filter(({ beat }) => beat === 'earlyAside');
    for (const { text } of early) assert.ok(!text.includes(refOf(story, 'presence')), `${story.title}: ${text}`);
  }
});

test('the words of nearly every title stand in its story', () => {
  const isTold = ({ title, text }: Dealt): boolean => {
    const body = paragraphsOf(text).join('\n');
    return title.split(/[ ,]+/).every((word) => body.includes(word.replace(/(의|과|와|이|가|을|를|에)$/u, '')));
  };
  assert.ok(share(isTold) >= 0.95, `${share(isTold)}`);
});

test('titles say something of their story: the patterns without sense are gone', () => {
  const { common } = loadCorpus();
  const patterns = variants(common, 'titlePatterns');
  assert.deepEqual(
    patterns.filter((pattern) => EMPTY_JOINTS.test(pattern) || pattern.includes('{time')),
    [],
  );
  assert.ok(patterns.length >= 8);
});

test('no passage equates the device with the presence', () => {
  assert.deepEqual(variants(loadCorpus().common, 'link'), []);
});

test('of the sentences of two hundred stories at most a fifth stand in another of them', () => {
  const perStory = stories.map(({ text }) => sentencesOf(text));
  const tellers = counts(perStory.flatMap((sentences) => [...new Set(sentences)]));
  const all = perStory.flat();
  const returning = all.filter((sentence) => (tellers.get(sentence) ?? 0) > 1).length / all.length;
  assert.ok(returning <= 0.2, `${returning}`);
});

test('no narrator can be taken for somebody else: what belongs to another is 자기 것 beside 내 것', () => {
  const { material, common } = loadCorpus();
  const texts = [common, ...Object.values(material).flatMap((cards) => [...cards.values()])].flatMap((fields) =>
    Object.keys(fields).flatMap((field) => variants(fields, field)),
  );
  assert.ok(texts.length > 1000, `${texts.length} texts`);
  const narration = texts.flatMap((text) => sentencesOf(text.replace(/“[^”]*”|‘[^’]*’/gu, '')));
  // A humble narrator says 제 for 내.
  const twofold = narration.filter(
    (sentence) => /(^|\s)제 /u.test(sentence) && /(^|\s)(?:내|나[를는의에와도]) /u.test(sentence),
  );
  assert.deepEqual(
    twofold.filter((sentence) => !sentence.startsWith('이거 나중에')),
    [],
  );
});
