import type { LoadedConfig } from '../config/load.js';
import { systemClock } from '../lib/clock.js';
import { describeUserError } from '../lib/command-line.js';
import { ExitCode, UserError } from '../lib/errors.js';
import { ROOT, version } from '../lib/project.js';
import { systemRandom } from '../lib/random.js';
import { readPm2Environment } from '../observe/pm2.js';
import type { Shutdown } from '../worker/shutdown.js';
import { type CommandLine, parseCommandLine } from './args.js';

// Runs what the command line asks for. Help and mistakes are answered before the worker is loaded.

/** The worker's command; `main.ts` runs it after it has registered its signal handlers. */
export async function runCommand(argv: readonly string[], shutdown: Shutdown): Promise<void> {
  try {
    await dispatch(parseCommandLine(argv), shutdown);
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${describeUserError(error)}\n`);
    // Under pm2 the channel to the daemon would keep the process alive.
    process.exit(ExitCode.usage);
  }
}

async function dispatch({ action, flags }: CommandLine, shutdown: Shutdown): Promise<void> {
  if (action === 'version') return print(`${version()}\n`);
  if (action === 'help') return print((await import('./help.js')).helpText());
  const { loadConfig } = await import('../config/load.js');
  const loaded = loadConfig({ root: ROOT, env: process.env, flags });
  if (action === 'print-config') return print((await import('./help.js')).describeConfig(loaded));
  if (action === 'dry-run') return print(await dryRun(loaded));
  const { runWorker } = await import('../app/app.js');
  await runWorker(loaded, shutdown);
}

async function dryRun(loaded: LoadedConfig): Promise<string> {
  const [{ previewRun }, { previewText }] = await Promise.all([
    import('../preview/preview.js'),
    import('../preview/text.js'),
  ]);
  const context = {
    ...{ now: systemClock.now, random: systemRandom, supervisor: readPm2Environment() },
    env: process.env,
  };
  return previewText(await previewRun(loaded, context));
}

function print(text: string): void {
  process.stdout.on('error', () => {
    // `--help | head -1`
  });
  // pm2 restarts a process that exits with 0.
  if (readPm2Environment() !== null) process.exitCode = ExitCode.usage;
  process.stdout.write(text, () => process.exit());
}
