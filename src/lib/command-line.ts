import { type ParseArgsConfig, parseArgs } from 'node:util';
import { ExitCode, UserError } from './errors.js';
import { ROOT } from './project.js';

/** The options of a command, as `parseArgs` of node:util takes them. */
export type Options = NonNullable<ParseArgsConfig['options']>;

/** The values that the user gave, by option; an option with a default always has one. */
export type OptionValues<O extends Options> = ReturnType<
  typeof parseArgs<{ options: O; strict: true; allowPositionals: true }>
>['values'];

/** A command line that cannot be understood; the message is for the user. */
export class UsageError extends UserError {
  override readonly name: string = 'UsageError';
}

/** What a command needs of the process that runs it; tests bring their own. */
export interface CommandContext {
  /** The project's folder: settings and their paths start there. */
  root: string;
  /** The folder that the user typed the command in: paths that they type start there. */
  typedIn: string;
  env: NodeJS.ProcessEnv;
  now: () => number;
  stdout: Output;
  stderr: Output;
}

interface Output {
  write(text: string): unknown;
}

export interface CommandSpec<O extends Options, C> {
  /** Korean: how the command is typed, a line for each form. `--help` prints it. */
  usage: string;
  /** Without `help`, which every command has. */
  options: O;
  /** Does the command take words that are no options? By default it does not. */
  takesWords?: boolean;
  /** @returns the exit code, 0 when it returns nothing */
  run(values: OptionValues<O>, context: C, words: readonly string[]): Promise<number | undefined> | Promise<void>;
}

/**
 * A command: resolves with its exit code.
 * @param argv without node and the script
 */
export type Command<C = CommandContext> = (argv: readonly string[], context: C) => Promise<number>;

/**
 * Makes a command that answers `--help` with its usage, and a mistake of the user with one line and exit code 2.
 * Every other error is thrown.
 */
export function defineCommand<
  const O extends Options,
  C extends Pick<CommandContext, 'stdout' | 'stderr'> = CommandContext,
>({ usage, options, takesWords = false, run }: CommandSpec<O, C>): Command<C> {
  const withHelp: Options = { ...options, help: { type: 'boolean', short: 'h' } };
  return async (argv, context) => {
    try {
      const { values, positionals } = parseOptions(argv, withHelp, takesWords);
      if (values.help === true) {
        context.stdout.write(`${usage.trimEnd()}\n`);
        return 0;
      }
      return (await run(values as OptionValues<O>, context, positionals)) ?? 0;
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      context.stderr.write(`${describeUserError(error)}\n`);
      return ExitCode.usage;
    }
  };
}

/** Runs a command as the whole of a process, and leaves its exit code there. */
export async function runScript(command: Command, process: NodeJS.Process): Promise<void> {
  // A reader that has seen enough, as `head` has, closes the pipe.
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  process.exitCode = await command(process.argv.slice(2), {
    root: ROOT,
    // npm runs scripts in the project's folder, and says where it was called.
    typedIn: process.env.INIT_CWD ?? process.cwd(),
    env: process.env,
    now: Date.now,
    stdout: process.stdout,
    stderr: process.stderr,
  });
}

/** One Korean line; where the command line itself is wrong, it says how to list the options. */
export function describeUserError(error: UserError): string {
  return error instanceof UsageError ? `${error.message} (사용법: --help)` : error.message;
}

/**
 * Reads a command line strictly: every word has to be a known option or its value, and with `takesWords` other words
 * are allowed.
 * @throws UsageError
 */
export function parseOptions(
  argv: readonly string[],
  options: Options,
  takesWords = false,
): { values: Record<string, unknown>; positionals: string[] } {
  try {
    return parseArgs({ args: joinNegatives(argv, options), options, strict: true, allowPositionals: takesWords });
  } catch (cause) {
    const explained = explain(cause, Object.keys(options));
    if (explained === null) throw cause;
    throw new UsageError(explained, { cause });
  }
}

/**
 * @param least the smallest number allowed
 * @throws UsageError
 */
export function parseCount(option: string, text: string, least = 1): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`${option}: ${least} 이상의 정수여야 합니다 (입력값: ${JSON.stringify(text)})`);
}

/** @throws UsageError */
export function parseChoice<T extends string>(option: string, text: string, choices: readonly T[]): T {
  const choice = choices.find((each) => each === text);
  if (choice !== undefined) return choice;
  throw new UsageError(`${option}: ${choices.join(', ')} 중 하나여야 합니다 (입력값: ${JSON.stringify(text)})`);
}

/**
 * The known name that a mistyped one was most likely meant to be: the only one that is longer by whole words, or the one with the
 * fewest edits between them; null where none is close.
 */
export function nearestName(typed: string, known: readonly string[]): string | null {
  const wanted = typed.toLowerCase();
  // The opposite of a switch is no misspelling of it.
  if (wanted.startsWith('no-')) return null;
  const longer = known.filter((name) => name !== wanted && leavesOutWords(wanted, name));
  if (longer.length === 1 && longer[0] !== undefined) return longer[0];
  const [best] = known
    .map((name) => ({ name, distance: editDistance(wanted, name) }))
    .filter(({ name, distance }) => distance <= Math.min(3, Math.floor(Math.max(name.length, wanted.length) / 3)))
    .sort((a, b) => a.distance - b.distance);
  return best?.name ?? null;
}

/** Is the one what remains of the other when whole words are left out: `api-key` of `anthropic-api-key`? */
function leavesOutWords(short: string, long: string): boolean {
  const left = short.split('-');
  for (const word of long.split('-')) if (word === left[0]) left.shift();
  return left.length === 0;
}

/** How many letters have to be added, removed, replaced, or swapped with the next one, to turn `a` into `b`. */
export function editDistance(a: string, b: string): number {
  const rows = [Array.from({ length: b.length + 1 }, (_, column) => column)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 1; row <= a.length; row++) {
    const distances = [row];
    rows.push(distances);
    for (let column = 1; column <= b.length; column++) {
      const replaced = at(row - 1, column - 1) + (a[row - 1] === b[column - 1] ? 0 : 1);
      const isSwap = a[row - 1] === b[column - 2] && a[row - 2] === b[column - 1];
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : Number.POSITIVE_INFINITY;
      distances.push(Math.min(at(row - 1, column) + 1, at(row, column - 1) + 1, replaced, swapped));
    }
  }
  return at(a.length, b.length);
}

/** Node takes `--count -1` for an option without its value; the check of the value has the better answer. */
function joinNegatives(argv: readonly string[], options: Options): string[] {
  const joined: string[] = [];
  for (const word of argv) {
    const last = joined.at(-1);
    const takesValue = last?.startsWith('--') === true && options[last.slice(2)]?.type === 'string';
    if (takesValue && /^-\.?\d/.test(word)) joined.splice(-1, 1, `${last}=${word}`);
    else joined.push(word);
  }
  return joined;
}

/**
 * What is wrong with a command line, in Korean. Node's code says which mistake it is, and its message names the option
 * in quotes. The sentences put the option where no particle has to fit it.
 * @returns null when the error is not about the command line
 */
function explain(error: unknown, known: readonly string[]): string | null {
  const { code, message } = error as NodeJS.ErrnoException;
  const named = /'([^']*)'/.exec(message)?.[1] ?? '';
  // Node names an option with its value's placeholder, or its short form: '-m, --max-stories <value>'.
  const option = named.split(' ').find((word) => word.startsWith('--')) ?? named;
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION': {
      const nearest = nearestName(option.replace(/^-+/, ''), known);
      return `알 수 없는 옵션: ${option}${nearest === null ? '' : `. 혹시 --${nearest}인가요?`}`;
    }
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `옵션이 아닌 값은 받지 않습니다: ${JSON.stringify(named)}`;
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return /does not take an argument/.test(message)
        ? `값을 받지 않는 옵션입니다: ${option}`
        : `${option}에 값이 필요합니다`;
    default:
      return null;
  }
}
