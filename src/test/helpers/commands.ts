import type { Command } from '../../lib/command-line.js';

/** How a command ended, and what it printed. */
export interface CommandResult {
  code: number;
  stdout: string;
  stderr: string;
}

interface CommandSurroundings {
  env: NodeJS.ProcessEnv;
  root: string;
  typedIn?: string;
  /** Milliseconds since the epoch. */
  now?: number;
}

/** Runs a command in this process, as a script would run it in its own. */
export async function runCommand(
  command: Command,
  argv: readonly string[],
  { env, root, typedIn = root, now = Date.now() }: CommandSurroundings,
): Promise<CommandResult> {
  const printed = { stdout: '', stderr: '' };
  const write = (stream: keyof typeof printed) => (text: string) => {
    printed[stream] += text;
  };
  const code = await command(argv, {
    root,
    typedIn,
    env,
    now: () => now,
    stdout: { write: write('stdout') },
    stderr: { write: write('stderr') },
  });
  return { code, ...printed };
}
