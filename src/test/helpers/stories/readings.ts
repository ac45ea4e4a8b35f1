import assert from 'node:assert/strict';
import { test } from 'node:test';
import { seededRandom } from '../../../lib/random.js';
import { readAnswer } from '../../../story/read-answer.js';
import { validateAnswer } from '../../../story/validate-answer.js';
import { type SampleStory, STORY_FORMS, sampleStory } from './sample-stories.js';

/** A story of a form, the same at every run. */
export function storyOf(form: string, seed = 1): SampleStory {
  const found = STORY_FORMS.find((each) => each.form === form);
  assert.ok(found, `there is no form ${form}`);
  return sampleStory(seededRandom(seed), found);
}

/** An answer that holds a whole story, and what reading it has to come to. */
export interface Reading {
  /** What the answer looks like. */
  name: string;
  /** The raw text of the answer. */
  raw: (story: SampleStory) => string;
  /** The title; by default the story's own. */
  title?: string | null;
  /** What was taken away, as `kind@where`, in its order. */
  removed?: string;
  tags?: string[];
  /** Codes of the doubts of the reading. */
  doubts?: string;
  /** What stands on disk below the title line; by default the story's body. */
  body?: (story: SampleStory) => string;
}

/** One test for each answer: it is a story with that title, that body, and that much taken away. */
export function testReadings(story: SampleStory, readings: readonly Reading[]): void {
  for (const { name, raw, title = story.title, removed = '', tags = [], doubts = '', body } of readings) {
    test(`${name} is read`, () => {
      const read = readAnswer(raw(story));
      const expected = body === undefined ? story.body : body(story);
      const heading = title === null || expected.includes(`# ${title}`) ? '' : `# ${title}\n\n`;
      assert.equal(read.title, title);
      assert.equal(read.text, `${heading}${expected}`);
      assert.equal(read.removed.map(({ what, where }) => `${what}@${where}`).join(' '), removed);
      assert.deepEqual(read.tags, tags);
      assert.equal(read.doubts.map(({ code }) => code).join(' '), doubts);
      assert.equal(readAnswer(read.text).text, read.text, 'reading again takes more away');
      const { failure } = validateAnswer({ stopReason: 'end_turn', refusalCategory: null }, read, {
        minCharacters: 1000,
      });
      assert.equal(failure, null);
    });
  }
}

/** What an answer comes to: a story, a story with a doubt, or none. */
type Outcome = 'story' | 'doubt' | 'no';

/** An answer and what it comes to; the title and the text below it are looked at where they are given. */
export type Judged = readonly [outcome: Outcome, name: string, raw: string, title?: string | null, body?: string];

/** One test for each answer: its outcome, title and body. */
export function testAnswers(minCharacters: number, answers: readonly Judged[]): void {
  for (const [outcome, name, raw, title, body] of answers) {
    const is = { story: 'a story', doubt: 'a story with a doubt', no: 'no story' }[outcome];
    test(`${name}: ${is}`, () => {
      const read = readAnswer(raw);
      const { failure, doubts } = validateAnswer({ stopReason: 'end_turn', refusalCategory: null }, read, {
        minCharacters,
      });
      const found = failure !== null ? 'no' : doubts.length > 0 ? 'doubt' : 'story';
      assert.equal(found, outcome, failure?.reason ?? doubts.map(({ reason }) => reason).join(', '));
      if (title !== undefined) assert.equal(read.title, title);
      if (body !== undefined) assert.equal(read.text.replace(/^# .*\n\n/, ''), body);
    });
  }
}
