import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../lib/random.js';
import { composeStory } from '../../../offline/composer.js';
import { readAnswer } from '../../../story/read-answer.js';
import { validateAnswer } from '../../../story/validate-answer.js';
import { type SampleStory, sampleStory } from '../../helpers/stories/sample-stories.js';
import { wrap } from '../../helpers/stories/wrappers.js';

// For any whole story and any pile of wrappers: reading the pile gives the story.

const PILES = 2000;

function assertRead(story: SampleStory, seed: number): void {
  const { raw, hasTitle } = wrap(story, seededRandom(seed));
  const read = readAnswer(raw);
  const where = `seed ${seed}, a ${story.form} in ${JSON.stringify(raw.slice(0, 60))} … ${JSON.stringify(raw.slice(-60))}`;
  assert.equal(read.title, hasTitle ? story.title : null, where);
  assert.equal(read.text, hasTitle ? `# ${story.title}\n\n${story.body}` : story.body, where);
  assert.deepEqual(read.doubts, [], where);
  if (seed % 8 === 0) assert.deepEqual(readAnswer(read.text).removed, [], where);
}

test(`${PILES} piles of wrappers around whole stories of every form are read as the stories`, () => {
  const random = seededRandom(11);
  for (let seed = 0; seed < PILES; seed++) assertRead(sampleStory(random), seed);
});

test('so are piles around the stories of the built-in author', () => {
  const random = seededRandom(12);
  for (let seed = 0; seed < 100; seed++) {
    const { title, text } = composeStory({ premise: {}, random });
    assertRead({ form: 'composed', title, body: text.replace(/^#.*\n+/, '').trim() }, seed);
  }
});

test('what is taken away is kept word for word, so that nothing of an answer is lost', () => {
  const random = seededRandom(13);
  const words = (text: string) => text.match(/[\p{L}\p{N}]+/gu) ?? [];
  for (let seed = 0; seed < 300; seed++) {
    const { raw } = wrap(sampleStory(random), seededRandom(seed));
    const { text, removed } = readAnswer(raw);
    const kept = new Set(words([text, ...removed.map((each) => each.text)].join('\n')));
    const lost = words(raw.normalize('NFC')).filter((word) => !kept.has(word));
    assert.deepEqual(lost, [], `seed ${seed}`);
  }
});

test('every story in a pile is a story without doubts', () => {
  const random = seededRandom(14);
  for (let seed = 0; seed < 300; seed++) {
    const { raw } = wrap(sampleStory(random), seededRandom(seed));
    const answer = { stopReason: 'end_turn', refusalCategory: null };
    const verdict = validateAnswer(answer, readAnswer(raw), { minCharacters: 1000 });
    assert.deepEqual(verdict, { failure: null, doubts: [] }, `seed ${seed}`);
  }
});
