import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadCorpus } from '../../../offline/materials.js';
import type { Beat } from '../../../offline/plots.js';
import { counts, type Dealt, dealStories, repeatedIn } from '../../helpers/offline/dealt-stories.js';

const { plots: PLOTS } = loadCorpus();
/** Two rounds of the plots, and a half. */
const DRAWS = Math.floor(PLOTS.length * 2.5);

let stories: readonly Dealt[] = [];

before(async () => {
  stories = await dealStories(DRAWS, 31);
});

test('no story has the plot of the one before it, nor either half of it', () => {
  const plots = stories.map(({ plot }) => PLOTS.find(({ name }) => name === plot));
  plots.forEach((plot, index) => {
    const next = plots[index + 1];
    if (plot === undefined || next === undefined) return;
    assert.notEqual(plot.front, next.front);
    assert.notEqual(plot.back, next.back);
  });
});

test('every plot comes as often as any other, give or take one', () => {
  const comings = counts(stories.map(({ plot }) => plot));
  assert.ok(PLOTS.length >= 5);
  assert.deepEqual(new Set(comings.keys()), new Set(PLOTS.map(({ name }) => name)));
  assert.ok(Math.max(...comings.values()) - Math.min(...comings.values()) <= 1, [...comings.values()].join());
});

test('there are at least four ways to come to the end, and every one follows every beginning', () => {
  const backs = new Set(PLOTS.map(({ back }) => back));
  const fronts = new Set(PLOTS.map(({ front }) => front));
  assert.ok(backs.size >= 4);
  assert.equal(PLOTS.length, backs.size * fronts.size);
  const endings = new Set(PLOTS.map(({ beats }) => beats.slice(beats.indexOf('stay')).join()));
  assert.ok(endings.size >= backs.size);
});

test('some endings go without the door, some without a call, some stay inside', () => {
  assert.ok(PLOTS.some(({ beats }) => !beats.includes('approach') && !beats.includes('encounter')));
  assert.ok(PLOTS.some(({ contact }) => contact === 'none'));
  assert.ok(PLOTS.some(({ contact }) => contact === 'note'));
  assert.ok(PLOTS.some(({ beats }) => beats.includes('blocked')));
  assert.ok(PLOTS.some(({ beats }) => beats.includes('choice')));
});

/** In every plot that has both, the first comes before the second. */
const ORDER: readonly [Beat, Beat][] = [
  ['firstMessage', 'secondMessage'],
  ['secondMessage', 'lastMessage'],
  ['hint', 'sign'],
  ['sign', 'encounter'],
  ['sign', 'visit'],
  ['firstMessage', 'clue'],
  ['hint', 'clue'],
  ['clue', 'scene'],
  ['clue', 'sceneInside'],
  ['contact', 'scene'],
  ['contact', 'sceneInside'],
  ['firstMessage', 'earlyAside'],
  ['hint', 'earlyAside'],
  ['earlyAside', 'aside'],
  ['firstMessage', 'aside'],
  ['aside', 'lateAside'],
  ['sign', 'inner'],
  ['secondReaction', 'stay'],
  ['stay', 'approach'],
  ['stay', 'blocked'],
  ['stay', 'choice'],
  ['stay', 'visit'],
  ['approach', 'encounter'],
  ['encounter', 'peak'],
  ['visit', 'peak'],
  ['sign', 'echo'],
  ['echo', 'retreat'],
  ['peak', 'retreat'],
  ['peak', 'leave'],
  ['peak', 'choice'],
  ['retreat', 'lastMessage'],
  ['blocked', 'lastMessage'],
  ['choice', 'lastMessage'],
  ['leave', 'lastMessage'],
  ['setting', 'approach'],
  ['rewoundSetting', 'approach'],
];
/** In every plot that has the second, it comes right after the first. */
const ADJACENT: readonly (readonly [readonly Beat[], Beat])[] = [
  [['firstMessage'], 'reaction'],
  [['secondMessage'], 'secondReaction'],
  [['sign'], 'fright'],
  [['approach'], 'turnBack'],
  [['lastMessage'], 'scene'],
  [['lastMessage'], 'sceneInside'],
  [['scene'], 'last'],
  [['sceneInside'], 'lastInside'],
  [['last', 'lastInside'], 'answer'],
  [['answer'], 'end'],
  [['end'], 'close'],
];
/** Every plot has exactly one of each, whatever it leaves out. */
const ONE_OF: readonly (readonly Beat[])[] = [
  ...(['opening', 'self', 'hint', 'sign', 'fright', 'peak', 'stay', 'clue', 'answer', 'end'] as const).map((beat) => [
    beat,
  ]),
  ...(['firstMessage', 'secondMessage', 'lastMessage', 'close'] as const).map((beat) => [beat]),
  ...(['reaction', 'secondReaction', 'earlyAside', 'aside', 'lateAside'] as const).map((beat) => [beat]),
  ['encounter', 'visit'],
  ['retreat', 'blocked', 'choice', 'leave'],
  ['scene', 'sceneInside'],
  ['last', 'lastInside'],
  ['setting', 'rewoundSetting'],
  ['routine', 'resumedRoutine'],
  ['memory', 'earlyMemory'],
];

for (const { name: plotName, beats, whereabouts } of PLOTS) {
  test(`the plot "${plotName}" tells cause before effect, and nothing twice`, () => {
    assert.deepEqual(repeatedIn(beats), []);
    const at = (beat: Beat): number => beats.indexOf(beat);
    for (const [first, second] of ORDER) {
      if (at(first) >= 0 && at(second) >= 0) assert.ok(at(first) < at(second), `${first} before ${second}`);
    }
    for (const [firsts, second] of ADJACENT) {
      if (at(second) >= 0)
        assert.ok(firsts.includes(beats[at(second) - 1] ?? second), `${second} right after ${firsts}`);
    }
    for (const choice of ONE_OF) assert.equal(choice.filter((beat) => at(beat) >= 0).length, 1, choice.join());
    assert.equal(at('opening'), 0);
    assert.equal(at('close'), beats.length - 1);
  });

  test(`the turn of "${plotName}" finds the narrator where the plot has left them`, () => {
    const isOut = beats.includes('retreat') || beats.includes('leave');
    assert.equal(whereabouts, isOut ? 'out' : 'in');
    assert.ok(beats.includes(isOut ? 'scene' : 'sceneInside'));
  });
}
