import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { setTimeout as delay } from 'node:timers/promises';
import { openGate } from '../../../chaos/rehearsal/tcp-gate.js';
import { endpointFor } from '../../helpers/processes.js';

async function gateFor(t: TestContext, charactersPerSecond: number) {
  const endpoint = await endpointFor(t, () => ({
    content: [{ type: 'text', text: '가'.repeat(480) }],
    charactersPerSecond,
  }));
  const gate = await openGate(endpoint.url);
  t.after(() => gate.close());
  const ask = () =>
    fetch(`${gate.url}/v1/messages`, { method: 'POST', body: JSON.stringify({ model: 'm', messages: [] }) });
  return { gate, ask };
}

test('what comes through an open gate is what the endpoint says', async (t) => {
  const { ask } = await gateFor(t, 0);
  const response = await ask();
  assert.equal(response.status, 200);
  assert.match(await response.text(), /message_stop/);
});

test('a gate that is shut refuses connections, also from one that was kept alive, and opens at the same address', async (t) => {
  const { gate, ask } = await gateFor(t, 0);
  await (await ask()).text();
  await gate.shut();
  // The client has to hear that its connection is gone.
  await delay(50);
  await assert.rejects(ask, (error: Error) => /ECONNREFUSED/.test(String((error.cause as Error).message)));
  await gate.open();
  assert.equal((await ask()).status, 200);
});

test('an answer that is under way when the gate is shut comes to its end', async (t) => {
  const { gate, ask } = await gateFor(t, 2400);
  const response = await ask();
  let isShut = false;
  const shutting = gate.shut().then(() => {
    isShut = true;
  });
  await delay(50);
  assert.equal(isShut, false);
  assert.match(await response.text(), /message_stop/);
  await shutting;
});
