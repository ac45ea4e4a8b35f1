import { fileURLToPath } from 'node:url';
import { runVerify } from '../src/verify/command.js';

// npm run verify [-- --run ID | --all] [--json]: a folder of stories and logs, held against everything that it promises.

process.exitCode = await runVerify({
  argv: process.argv.slice(2),
  root: fileURLToPath(new URL('..', import.meta.url)),
  env: process.env,
  now: Date.now,
  print: (text) => process.stdout.write(text),
  complain: (text) => process.stderr.write(text),
});
