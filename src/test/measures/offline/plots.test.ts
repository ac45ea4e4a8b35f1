import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { loadCorpus } from '../../../offline/materials.js';
import { type Beat, readPlots } from '../../../offline/plots.js';
import { counts, type Dealt, dealStories, repeatedIn } from '../../helpers/offline/dealt-stories.js';

const { plots: PLOTS, cards } = loadCorpus();
const STRUCTURES = cards.structure.map(({ id }) => id);
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

// One more where the plot whose turn it is ends as the story before it did.
test('every plot of a structure comes as often as any other of it, give or take two', () => {
  const comings = counts(stories.map(({ plot }) => plot));
  assert.ok(PLOTS.length >= 42, `${PLOTS.length} plots`);
  for (const structure of STRUCTURES) {
    const times = PLOTS.filter((plot) => plot.structure === structure).map(({ name }) => comings.get(name) ?? 0);
    assert.ok(Math.max(...times) - Math.min(...times) <= 2, `${structure}: ${times.join()}`);
  }
});

test('every structure has at least three ways to come to the end, and every one follows every beginning of it', () => {
  for (const structure of STRUCTURES) {
    const plots = PLOTS.filter((plot) => plot.structure === structure);
    const backs = new Set(plots.map(({ back }) => back));
    const fronts = new Set(plots.map(({ front }) => front));
    assert.ok(backs.size >= 3, `${structure}: ${backs.size}`);
    assert.equal(plots.length, backs.size * fronts.size, structure);
    assert.equal(new Set(plots.map(({ beats }) => beats.join())).size, plots.length, structure);
  }
  assert.ok(new Set(PLOTS.map(({ back }) => back)).size >= 6);
});

test('a structure card without plots, and plots without a card, are refused at the start', () => {
  assert.throws(() => readPlots([...STRUCTURES, 'upside-down']), /the structure "upside-down" has no plots/);
  assert.throws(() => readPlots(STRUCTURES.slice(1)), /there is no structure card "/);
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
  [['fright'], 'trace'],
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
  ...(['opening', 'self', 'hint', 'sign', 'fright', 'trace', 'peak', 'stay', 'clue', 'answer', 'end'] as const).map(
    (beat) => [beat],
  ),
  ...(['firstMessage', 'secondMessage', 'lastMessage', 'close'] as const).map((beat) => [beat]),
  ...(['reaction', 'secondReaction', 'earlyAside', 'aside', 'lateAside'] as const).map((beat) => [beat]),
  ['encounter', 'visit'],
  ['retreat', 'blocked', 'choice', 'leave'],
  ['scene', 'sceneInside'],
  ['last', 'lastInside'],
  ['setting', 'rewoundSetting'],
  ['routine', 'resumedRoutine'],
];

/** What a structure tells otherwise, because that is what its card asks for. */
interface Otherwise {
  /** Pairs of the order that it tells the other way round. */
  readonly reversed?: readonly string[];
  /** Groups of which it tells nothing. */
  readonly leftOut?: readonly Beat[];
  /** What comes right before a beat instead. */
  readonly before?: Partial<Record<Beat, Beat>>;
}

const OTHERWISE: Readonly<Record<string, Otherwise>> = {
  backwards: {
    reversed: [
      ...['firstMessage secondMessage', 'secondMessage lastMessage', 'hint sign', 'sign encounter', 'sign visit'],
      ...['clue scene', 'clue sceneInside', 'firstMessage earlyAside', 'hint earlyAside', 'firstMessage aside'],
      ...['stay approach', 'stay blocked', 'stay choice', 'stay visit', 'sign echo', 'setting approach'],
      ...['retreat lastMessage', 'blocked lastMessage', 'choice lastMessage', 'leave lastMessage'],
    ],
    before: { answer: 'clue' },
  },
  'early-turn': {
    reversed: ['blocked lastMessage'],
    leftOut: ['retreat', 'blocked', 'choice', 'leave'],
    before: { answer: 'thread3' },
  },
  'blind-teller': {
    leftOut: ['scene', 'sceneInside', 'last', 'lastInside', 'answer', 'end'],
    before: { close: 'thread3' },
  },
  circle: { before: { close: 'thread2' } },
  'mostly-talk': { leftOut: ['routine', 'resumedRoutine', 'secondReaction'], before: { close: 'thread6' } },
  gaps: { leftOut: ['encounter', 'visit', 'peak'] },
  settling: { reversed: ['stay visit'] },
};

test('every plot comes back to who its narrator is, and tells of no memory that does not matter later', () => {
  const forgetful = PLOTS.filter(({ beats, structure }) => !beats.includes('echo') && structure !== 'backwards');
  assert.deepEqual(
    forgetful.map(({ name }) => name),
    [],
  );
});

for (const { name: plotName, structure, beats, whereabouts } of PLOTS) {
  const { reversed = [], leftOut = [], before: instead = {} } = OTHERWISE[structure] ?? {};

  test(`the plot "${plotName}" tells cause before effect, and nothing twice`, () => {
    assert.deepEqual(repeatedIn(beats), []);
    const at = (beat: Beat): number => beats.indexOf(beat);
    for (const [first, second] of ORDER) {
      const [earlier, later] = reversed.includes(`${first} ${second}`) ? [second, first] : [first, second];
      if (at(first) >= 0 && at(second) >= 0) assert.ok(at(earlier) < at(later), `${earlier} before ${later}`);
    }
    for (const [firsts, second] of ADJACENT) {
      const expected = instead[second] === undefined ? firsts : [instead[second]];
      if (at(second) >= 0)
        assert.ok(expected.includes(beats[at(second) - 1] ?? second), `${second} right after ${expected}`);
    }
    for (const choice of ONE_OF) {
      const found = choice.filter((beat) => at(beat) >= 0).length;
      if (choice.every((beat) => leftOut.includes(beat))) assert.ok(found <= 1, choice.join());
      else assert.equal(found, 1, choice.join());
    }
    assert.equal(at('opening'), 0);
    assert.equal(at('close'), beats.length - 1);
  });

  test(`the turn of "${plotName}" finds the narrator where the plot has left them`, () => {
    const isOut = beats.includes('retreat') || beats.includes('leave');
    assert.equal(whereabouts, isOut ? 'out' : 'in');
    const isTold = !leftOut.includes('scene');
    assert.deepEqual([beats.includes('scene'), beats.includes('sceneInside')], [isTold && isOut, isTold && !isOut]);
  });
}
