import type { RawValues } from '../config/load.js';
import { isSwitch, SETTING_NAMES, SETTINGS, type SettingName } from '../config/settings.js';
import { type Options, parseOptions, UsageError } from '../lib/command-line.js';

/** A parsed command line of the worker. */
export interface CommandLine {
  action: 'run' | 'help' | 'version' | 'print-config' | 'dry-run';
  flags: RawValues;
}

/** Flags that are not settings, with their Korean help. */
export const ACTIONS = {
  help: '도움말 메시지 출력',
  version: '버전 출력',
  'print-config': '적용되는 설정과 각 값의 출처 출력',
  'dry-run':
    '실행하지 않고 미리 보기: 작가, 한도, 소재와 프롬프트, 예상 편수와 비용. 아무것도 호출하지 않고 쓰지 않습니다',
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
  const options: Options = {
    help: { type: 'boolean', short: 'h' },
    version: { type: 'boolean' },
    'print-config': { type: 'boolean' },
    'dry-run': { type: 'boolean' },
    ...Object.fromEntries(settings.map(({ name, arg, type }) => [arg, { type, multiple: isRepeatable(name) }])),
  };
  const { values } = parseOptions(argv, options);
  const action = (Object.keys(ACTIONS) as (keyof typeof ACTIONS)[]).find((name) => values[name] === true) ?? 'run';
  // Only when both are typed: a profile that resumes is started afresh with --new-run.
  if ((action === 'run' || action === 'dry-run') && values.resume === true && values['new-run'] === true) {
    throw new UsageError('--resume과 --new-run은 함께 쓸 수 없습니다. 둘 중 하나만 고르세요');
  }
  const given = settings.filter(({ arg }) => values[arg] !== undefined);
  return { action, flags: Object.fromEntries(given.map(({ name, arg }) => [name, asOne(values[arg])])) };
}

function isRepeatable(name: SettingName): boolean {
  return 'repeatable' in SETTINGS[name];
}

/** A flag that may be given several times has a list, which its setting takes with commas. */
function asOne(value: unknown): unknown {
  return Array.isArray(value) ? value.join(',') : value;
}
