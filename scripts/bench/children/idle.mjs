// The baseline of a wait: a process that has loaded the SDK, idles, and exits on SIGINT.
// node idle.mjs [file with the prompt]: with a prompt it makes one call first.
import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';

const [prompt] = process.argv.slice(2);
const client = new Anthropic({ maxRetries: 0 });
if (prompt !== undefined) {
  const { system, user } = JSON.parse(readFileSync(prompt, 'utf8'));
  const messages = [{ role: 'user', content: user }];
  const stream = await client.messages.create({ model: 'bench', max_tokens: 16000, system, messages, stream: true });
  for await (const _event of stream);
}
globalThis.client = client;
process.on('SIGINT', () => process.exit(0));
setTimeout(() => {}, 2 ** 31 - 1);
process.stdout.write('idle\n');
