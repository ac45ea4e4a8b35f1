import assert from 'node:assert/strict';
import { test } from 'node:test';
import { byAxis, idsOf } from '../../../prompt/cards.js';
import { DeckState } from '../../../prompt/deck-state.js';
import { AXIS_CARDS, PREMISE } from '../../helpers/fakes.js';

const COMBINATION = idsOf(PREMISE);
const NOTHING_USED = byAxis((): string[] => []);

/** What is remembered of the combination, once it has come. */
function digest(): string {
  const rounds = new DeckState(AXIS_CARDS);
  assert.ok(rounds.use(COMBINATION, false));
  return rounds.state().came.toString();
}

const after = (came: string) => new DeckState(AXIS_CARDS, { used: NOTHING_USED, came: Buffer.from(came) });

test('a combination that an earlier process has used does not come again, unless it has to', () => {
  const came = `zzzzzz${digest()}zzzzzz`;
  assert.equal(after(came).use(COMBINATION, false), false);
  assert.equal(after(came).use(COMBINATION, true), true);
});

test('where the digests of two others meet, no third one is found', () => {
  const came = `zzz${digest()}zzz`;
  assert.equal(after(came).use(COMBINATION, false), true);
  assert.equal(after(`${came}${digest()}`).use(COMBINATION, false), false);
});
