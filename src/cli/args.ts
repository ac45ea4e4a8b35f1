import { type ParseArgsConfig, parseArgs } from 'node:util';
import type { RawValues } from '../config/load.js';
import { isSwitch, SETTING_NAMES, SETTINGS } from '../config/settings.js';
import { UserError } from '../lib/errors.js';

/** What the command line asks for. */
export interface CommandLine {
  action: 'run' | 'help' | 'version' | 'print-config';
  flags: RawValues;
}

/** A command line that cannot be understood; the message is for the user. */
export class UsageError extends UserError {
  override readonly name = 'UsageError';
}

/** Flags that are no settings, with their Korean help. */
export const ACTIONS = {
  help: '도움말 메시지 출력',
  version: '버전 출력',
  'print-config': '적용되는 설정과 각 값의 출처 출력',
} as const;

/**
 * Reads the command line strictly: every word has to be a known flag or its value.
 * @param argv without node and the script
 * @throws UsageError
 */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const settings = SETTING_NAMES.flatMap((name) => {
    const { arg } = SETTINGS[name];
    return arg === null
      ? []
      : [{ name, arg, type: isSwitch(SETTINGS[name]) ? ('boolean' as const) : ('string' as const) }];
  });
  const options: ParseArgsConfig['options'] = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
    'print-config': { type: 'boolean' },
    ...Object.fromEntries(settings.map(({ arg, type }) => [arg, { type }])),
  };
  let values: ReturnType<typeof parseArgs>['values'];
  try {
    ({ values } = parseArgs({ args: [...argv], options, strict: true, allowPositionals: false }));
  } catch (cause) {
    throw new UsageError(explain(cause), { cause });
  }
  const action = (Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]).find((name) => values[name] === true) ?? 'run';
  const given = settings.filter(({ arg }) => values[arg] !== undefined);
  return { action, flags: Object.fromEntries(given.map(({ name, arg }) => [name, values[arg]])) };
}

/** Node's message names the option in quotes; the code says what is wrong with it. */
function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const named = /'([^']*)'/.exec(message)?.[1] ?? '';
  // Node names an option with its value's placeholder: '--max-stories <value>'.
  const option = named.split(' ').find((word) => word.startsWith('--')) ?? named;
  switch (code) {
    case 'ERR_PARSE_ARGS_UNKNOWN_OPTION':
      return `모르는 옵션 ${option}`;
    case 'ERR_PARSE_ARGS_UNEXPECTED_POSITIONAL':
      return `옵션이 아닌 값 ${JSON.stringify(named)}은(는) 받지 않습니다`;
    case 'ERR_PARSE_ARGS_INVALID_OPTION_VALUE':
      return /does not take an argument/.test(message)
        ? `${option}은(는) 값을 받지 않습니다`
        : `${option}에 값이 필요합니다 (-로 시작하는 값은 쓸 수 없습니다)`;
    default:
      return message;
  }
}
