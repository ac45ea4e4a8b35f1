import assert from 'node:assert/strict';
import { test } from 'node:test';
import { nextActive, parseActiveHours } from '../../../run/active-hours.js';

/** Local time on 29 November 2026, as milliseconds since the epoch. */
const at = (hour: number, minute = 0, day = 29) => new Date(2026, 10, day, hour, minute).getTime();

for (const [text, expected] of [
  ['22:00-06:00', { from: 1320, to: 360 }],
  [' 9:30 - 18:05 ', { from: 570, to: 1085 }],
  ['22:00~06:00', { from: 1320, to: 360 }],
  ['00:00-24:00', null],
  ['18:00-24:00', { from: 1080, to: 1440 }],
  ['6:00-6:00', null],
  ['25:00-06:00', null],
  ['22:60-06:00', null],
  ['22-06', null],
  ['밤', null],
  ['', null],
] as const) {
  test(`active hours "${text}" are ${expected === null ? 'refused' : 'read'}`, () => {
    assert.deepEqual(parseActiveHours(text), expected);
  });
}

const NIGHT = { from: 22 * 60, to: 6 * 60 };
const OFFICE = { from: 9 * 60, to: 18 * 60 };

for (const [name, hours, now, expected] of [
  ['in the night, at its first minute', NIGHT, at(22), at(22)],
  ['in the night, after midnight', NIGHT, at(5, 59), at(5, 59)],
  ['at the end of the night', NIGHT, at(6), at(22)],
  ['in the afternoon, before the night', NIGHT, at(15), at(22)],
  ['before the working day', OFFICE, at(3), at(9)],
  ['in the working day', OFFICE, at(17, 59), at(17, 59)],
  ['after the working day', OFFICE, at(18), at(9, 0, 30)],
] as const) {
  test(`stories begin ${expected === now ? 'at once' : 'later'}: ${name}`, () => {
    assert.equal(nextActive(hours, now), expected);
  });
}

test('the seconds of the first active minute count as active', () => {
  const now = at(22) + 59_999;
  assert.equal(nextActive(NIGHT, now), now);
});
