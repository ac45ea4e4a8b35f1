import assert from 'node:assert/strict';
import { test } from 'node:test';
import { RunSelectionError, selectRun } from '../../../run/select-run.js';

const IDS = ['run_20261124_bbbbbb', 'run_20261123_aaaaaa', 'run_20261123'];

test('a run is selected by any part of its id that no other id has', () => {
  assert.equal(selectRun(IDS, 'bbb'), IDS[0]);
  assert.equal(selectRun(IDS, '1123_a'), IDS[1]);
});

test('a whole id selects its run, also when it is a part of another id', () => {
  assert.equal(selectRun(IDS, 'run_20261123'), IDS[2]);
});

test('a part that no id has, or several, is refused with the ids to choose from', () => {
  assert.throws(() => selectRun(IDS, 'nothing'), {
    name: RunSelectionError.name,
    message: `"nothing"에 맞는 실행이 없습니다. 실행: ${IDS.join(', ')}`,
  });
  assert.throws(() => selectRun(IDS, '1123'), { message: /여럿입니다\. 실행: run_20261123_aaaaaa, run_20261123$/ });
  const many = Array.from({ length: 12 }, (_, n) => `run_${n}`);
  assert.throws(() => selectRun(many, 'run'), { message: /run_9 외 2개$/ });
});
