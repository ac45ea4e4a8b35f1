// The baseline of many stories at once: the SDK alone, and the least that keeps a story through a power cut.
// node durable-loop.mjs <calls> <file with the prompt> <concurrency, or "batch"> <folder>
// Each answer becomes two files: both written and synced under temporary names, renamed, and their folder synced.
import { open, readFile, rename } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import Anthropic from '@anthropic-ai/sdk';

const [calls, prompt, mode, folder] = process.argv.slice(2);
const { system, user } = JSON.parse(await readFile(prompt, 'utf8'));
const client = new Anthropic({ maxRetries: 0 });
const params = { model: 'bench', max_tokens: 16000, system, messages: [{ role: 'user', content: user }] };
let begun = 0;

if (mode === 'batch') await writeBatch();
else await Promise.all(Array.from({ length: Number(mode) }, writeStreamed));

async function writeStreamed() {
  while (begun < Number(calls)) {
    const number = ++begun;
    const stream = await client.messages.create({ ...params, stream: true });
    let text = '';
    for await (const event of stream) {
      if (event.type === 'content_block_delta' && event.delta.type === 'text_delta') text += event.delta.text;
    }
    await commit(String(number), text);
  }
}

async function writeBatch() {
  const requests = Array.from({ length: Number(calls) }, (_, at) => ({ custom_id: `bench-${at}`, params }));
  const { id } = await client.messages.batches.create({ requests });
  while ((await client.messages.batches.retrieve(id)).processing_status !== 'ended') await setTimeout(100);
  for await (const { custom_id, result } of await client.messages.batches.results(id)) {
    await commit(custom_id, result.message.content.map(({ text }) => text).join(''));
  }
}

async function commit(name, text) {
  const files = [`${name}.md`, `${name}_metadata.json`].map((file) => `${folder}/${file}`);
  for (const path of files) {
    const file = await open(`${path}.tmp`, 'w');
    await file.writeFile(text);
    await file.sync();
    await file.close();
  }
  for (const path of files) await rename(`${path}.tmp`, path);
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}
