import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Failure } from '../../../api/failure.js';
import { NO_TOKENS } from '../../../api/usage.js';
import type { AttemptOutcome } from '../../../worker/attempt/outcome.js';
import { type ChosenModel, createModelChooser } from '../../../worker/model-chooser.js';
import { FakeClock, recordingLog } from '../../helpers/fakes.js';

const MINUTE = 60_000;
const never = new AbortController().signal;

const model = (name: string): ChosenModel => ({
  name,
  price: null,
  client: async () => assert.fail('no call is made here'),
});

function failed(failure: Partial<Failure>): AttemptOutcome {
  return {
    kind: 'failed',
    failure: { kind: 'transient', code: 'cut', reason: '', advice: null, retryAfterMs: null, ...failure },
    usage: NO_TOKENS,
  };
}

const OVERLOADED = failed({ code: 'overloaded_error' });
const GONE = failed({ kind: 'fatal', code: 'not_found_error', mayPass: true });
const SAVED = { kind: 'saved' } as AttemptOutcome;

function chooser(...names: [string, ...string[]]) {
  const clock = new FakeClock();
  const log = recordingLog();
  const [first, ...others] = names;
  const models = createModelChooser([model(first), ...others.map(model)], clock, log);
  return {
    clock,
    log,
    /** What comes of the next attempt; which model it is given to is kept. */
    attempt: (outcome: AttemptOutcome) => {
      const chosen = models.choose();
      return { name: chosen.name, outcome: models.report(chosen, outcome) };
    },
    models,
  };
}

test('three overloads in a row hand the next story to the next model, fewer do not', () => {
  const { attempt, log } = chooser('a', 'b');
  const names = [OVERLOADED, OVERLOADED, SAVED, OVERLOADED, OVERLOADED, OVERLOADED, SAVED].map(
    (outcome) => attempt(outcome).name,
  );
  assert.deepEqual(names, ['a', 'a', 'a', 'a', 'a', 'a', 'b']);
  assert.deepEqual(log.records.at(-1)?.fields, { event: 'model_switched', model: 'b', reason: 'overload' });
});

test('another failure in between breaks the row', () => {
  const { attempt } = chooser('a', 'b');
  for (const outcome of [OVERLOADED, OVERLOADED, failed({ code: 'cut' }), OVERLOADED, OVERLOADED]) attempt(outcome);
  assert.equal(attempt(SAVED).name, 'a');
});

test('the first model is tried again after half an hour', async () => {
  const { attempt, clock } = chooser('a', 'b');
  for (let n = 0; n < 3; n++) attempt(OVERLOADED);
  await clock.sleep(29 * MINUTE, never);
  assert.equal(attempt(SAVED).name, 'b');
  await clock.sleep(MINUTE, never);
  assert.equal(attempt(SAVED).name, 'a');
});

test('with three models an overload of the second hands on to the third', () => {
  const { attempt } = chooser('a', 'b', 'c');
  for (let n = 0; n < 6; n++) attempt(OVERLOADED);
  assert.equal(attempt(SAVED).name, 'c');
});

test('a model that is gone is left at once and for good, and its failure does not end the run', async () => {
  const { attempt, clock } = chooser('a', 'b');
  const { outcome } = attempt(GONE);
  assert.ok(outcome.kind === 'failed');
  assert.deepEqual([outcome.failure.kind, outcome.failure.code], ['transient', 'not_found_error']);
  await clock.sleep(24 * 60 * MINUTE, never);
  assert.equal(attempt(SAVED).name, 'b');
});

test('without another model a failure stays what it is', () => {
  const { attempt, log } = chooser('a');
  for (let n = 0; n < 5; n++) attempt(OVERLOADED);
  assert.deepEqual(attempt(GONE), { name: 'a', outcome: GONE });
  assert.deepEqual(log.records, []);
});

test('when all are gone the last one says so', () => {
  const { attempt } = chooser('a', 'b');
  attempt(GONE);
  assert.deepEqual(attempt(GONE), { name: 'b', outcome: GONE });
});

test('what comes late of a model that was left already moves nothing', () => {
  const { models, attempt } = chooser('a', 'b', 'c');
  const a = models.choose();
  for (let n = 0; n < 3; n++) models.report(a, OVERLOADED);
  for (let n = 0; n < 3; n++) models.report(a, OVERLOADED);
  assert.equal(attempt(SAVED).name, 'b');
});
