import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadCorpus, name, variants } from '../../../offline/materials.js';
import { type Dealt, dealStories } from '../../helpers/offline/dealt-stories.js';

// That stories follow the structure that was dealt for them, card by card. Positions are shares of a story's text.

const { plots, material, cards } = loadCorpus();
/** About twenty stories of every structure. */
const DRAWS = cards.structure.length * 20;

let stories: readonly Dealt[] = [];

before(async () => {
  stories = await dealStories(DRAWS, 17);
});

function storiesOf(structure: string): readonly Dealt[] {
  const found = stories.filter(({ premise }) => premise.structure.id === structure);
  assert.ok(found.length >= 15, `${structure}: ${found.length} stories`);
  return found;
}

/** Where the first of some beats begins in its story. */
function positionOf({ title, passages }: Dealt, ...beats: readonly string[]): number {
  const lengths = passages.map(({ text }) => text.length);
  const index = passages.findIndex(({ beat }) => beats.includes(beat));
  assert.ok(index >= 0, `${title}: ${beats.join(' or ')}`);
  const sum = (list: readonly number[]): number => list.reduce((total, length) => total + length, 0);
  return sum(lengths.slice(0, index)) / sum(lengths);
}

function threadOf({ passages }: Dealt): string[] {
  return passages.filter(({ beat }) => beat.startsWith('thread')).map(({ text }) => text);
}

function tells({ passages }: Dealt, ...beats: readonly string[]): boolean {
  return passages.some(({ beat }) => beats.includes(beat));
}

test('every story has a plot of the structure that was dealt for it', () => {
  for (const { title, plot, premise } of stories) {
    assert.equal(plots.find((known) => known.name === plot)?.structure, premise.structure.id, title);
  }
});

test('five things, five times, five steps, five places and five memories are told as five', () => {
  for (const structure of ['objects', 'five-times', 'procedure', 'search', 'aftermath']) {
    for (const story of storiesOf(structure)) assert.equal(threadOf(story).length, 5, story.title);
  }
});

test('an hour without a break is told without a look at the clock between', () => {
  for (const story of storiesOf('one-hour')) {
    assert.equal(threadOf(story).length, 3, story.title);
    assert.equal(tells(story, 'late'), false, story.title);
  }
});

test('a scene that comes back to a clue is told only where that clue is told', () => {
  const markOf = (template: string | undefined): string | undefined => /^<(\w+)>/.exec(template ?? '')?.[1];
  const marked = stories.flatMap(({ title, passages, material: { turn } }) => {
    const told = passages.flatMap(({ items }) => items);
    const pick = (field: string): string | undefined => variants(turn, field).find((item) => told.includes(item));
    const scene = markOf(pick('scene') ?? pick('scene@in'));
    return scene === undefined ? [] : [{ title, scene, clue: markOf(pick('clue')) }];
  });
  assert.ok(marked.length > 20, `${marked.length} stories`);
  assert.deepEqual(
    marked.filter(({ scene, clue }) => scene !== clue),
    [],
  );
});

test('a story told backwards begins with its turn and ends with what came first', () => {
  for (const story of storiesOf('backwards')) {
    assert.ok(positionOf(story, 'scene', 'sceneInside') < 0.2, story.title);
    assert.ok(positionOf(story, 'firstMessage') > 0.7, story.title);
  }
});

test('two strands alternate, and meet after the presence was seen', () => {
  for (const story of storiesOf('two-strands')) {
    assert.equal(threadOf(story).length, 4, story.title);
    assert.ok(positionOf(story, 'thread4') > positionOf(story, 'encounter', 'visit'), story.title);
  }
});

test('an end that is told first is told right after the opening, as it will be', () => {
  const threads = Object.entries(material.structure.get('known-end') ?? {});
  for (const { title, plot, passages, material: own } of storiesOf('known-end')) {
    assert.equal(plots.find((known) => known.name === plot)?.beats[1], 'thread1', title);
    const told = passages.flatMap(({ items }) => items);
    const [field] = threads.find(([, [start = '']]) => told.includes(start)) ?? [];
    assert.match(field ?? '', new RegExp(`^thread-${name(own.turn, 'fate')}@`), title);
  }
});

test('an early turn comes about the middle', () => {
  for (const story of storiesOf('early-turn')) {
    const position = positionOf(story, 'scene', 'sceneInside');
    assert.ok(position > 1 / 3 && position < 0.6, `${story.title}: ${position}`);
  }
});

test('a teller who notices nothing never says what the turn is', () => {
  for (const story of storiesOf('blind-teller')) {
    assert.equal(tells(story, 'scene', 'sceneInside', 'last', 'lastInside', 'answer'), false, story.title);
    assert.ok(tells(story, 'clue') && tells(story, 'otherClue'), story.title);
  }
});

test('a circle ends with the words with which it began', () => {
  for (const story of storiesOf('circle')) {
    const [first = [], last = []] = threadOf(story).map((text) => text.split(/[\s,.]+/u));
    const shared = first.filter((word) => last.includes(word)).length;
    assert.ok(shared >= 8, `${story.title}: ${shared} words`);
    assert.equal(story.passages.at(-2)?.beat, 'thread2', story.title);
  }
});

test('a story that is mostly talk is more than half talk', () => {
  for (const { title, text } of storiesOf('mostly-talk')) {
    const spoken = (text.match(/“[^”]*”/gu) ?? []).join('').length;
    assert.ok(spoken / text.length > 0.5, `${title}: ${spoken / text.length}`);
  }
});

test('a procedure is finished before its story ends', () => {
  for (const story of storiesOf('procedure')) {
    assert.ok(positionOf(story, 'thread5') < positionOf(story, 'lastMessage'), story.title);
  }
});

test('hearsay becomes the narrator’s own about the middle', () => {
  for (const story of storiesOf('hearsay')) {
    const position = positionOf(story, 'thread2');
    assert.ok(position > 1 / 3 && position < 0.6, `${story.title}: ${position}`);
  }
});

test('of pieces with gaps the greatest event is in a gap', () => {
  for (const story of storiesOf('gaps')) {
    assert.equal(threadOf(story).length, 6, story.title);
    assert.equal(tells(story, 'encounter', 'visit', 'peak'), false, story.title);
  }
});

test('three requests are refused before the fourth is granted', () => {
  for (const story of storiesOf('three-refusals')) {
    assert.equal(threadOf(story).length, 4, story.title);
    assert.ok(positionOf(story, 'thread3') < positionOf(story, 'stay'), story.title);
    assert.ok(positionOf(story, 'thread4') > positionOf(story, 'peak'), story.title);
  }
});

test('the worst of a settling story begins in its first third and is soon over', () => {
  for (const story of storiesOf('settling')) {
    assert.ok(positionOf(story, 'visit') < 1 / 3, story.title);
    assert.ok(positionOf(story, 'thread1') < 0.45, story.title);
  }
});
