// The baseline of a story: the SDK alone. Streams the given number of answers one after another, and writes nothing.
// node bare-loop.mjs <calls> <file with the prompt>
import { readFileSync } from 'node:fs';
import Anthropic from '@anthropic-ai/sdk';

const [calls, prompt] = process.argv.slice(2);
const { system, user } = JSON.parse(readFileSync(prompt, 'utf8'));
const client = new Anthropic({ maxRetries: 0 });
const messages = [{ role: 'user', content: user }];
for (let call = 0; call < Number(calls); call++) {
  const stream = await client.messages.create({ model: 'bench', max_tokens: 16000, system, messages, stream: true });
  for await (const _event of stream);
}
