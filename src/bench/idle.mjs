// The baseline of a wait: a process that has loaded the SDK, does nothing, and ends when it is told to.
import Anthropic from '@anthropic-ai/sdk';

globalThis.client = new Anthropic();
process.on('SIGINT', () => process.exit(0));
setTimeout(() => {}, 2 ** 31 - 1);
process.stdout.write('idle\n');
