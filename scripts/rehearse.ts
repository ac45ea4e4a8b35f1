import { fileURLToPath } from 'node:url';
import { runRehearse } from '../src/chaos/rehearsal/command.js';

// npm run rehearse [-- --weather calm|rough|storm --seed N --seconds S | --real N]: a day of the worker under pm2, in about
// a minute, and a look at what it left.

process.exitCode = await runRehearse({
  argv: process.argv.slice(2),
  root: fileURLToPath(new URL('..', import.meta.url)),
  process,
});
