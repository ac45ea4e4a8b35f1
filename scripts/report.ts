import { UserError } from '../src/lib/errors.js';
import { ROOT } from '../src/lib/project.js';
import { report } from '../src/report/command.js';

// npm run report -- [--run ID] [--output FILE]: what a run did, when, and what it cost; a page, and its short form here.

// Whoever reads no further has read enough.
process.stdout.on('error', () => {});
try {
  const text = await report({
    argv: process.argv.slice(2),
    root: ROOT,
    env: process.env,
    // npm runs scripts in the project's folder, and says where it was called.
    typedIn: process.env.INIT_CWD ?? process.cwd(),
    now: Date.now(),
  });
  process.stdout.write(text);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 2;
}
