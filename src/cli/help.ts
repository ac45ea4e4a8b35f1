import type { LoadedConfig } from '../config/load.js';
import { isSwitch, SETTING_NAMES, SETTINGS, type Setting, type SettingName } from '../config/settings.js';
import { ACTIONS } from './args.js';

const INTRO = `호러 소설 생성기 - 24h 연속 실행 지원

사용법: npm start -- [옵션]
        node dist/main.js [옵션]`;

const EXAMPLES = `예:
  npm start                                                          소설 한 편
  npm start -- --max-stories 5                                       이어서 5편
  npm start -- --duration-seconds 3600 --interval-seconds 900        1시간 동안, 15분 간격
  npm start -- --duration-seconds 86400 --interval-seconds 1800      24시간 동안, 30분 간격
  npx pm2 start ecosystem.config.cjs                                 같은 24시간을 pm2로

설정은 기본값 → config/default.json → config/$NODE_ENV.json → config/local.json → 환경 변수(.env 포함) → 옵션
순서로 겹치며, 뒤의 설정이 우선합니다. 빈 환경 변수는 주지 않은 것과 같습니다. .env 대신 다른 파일을 읽으려면
환경 변수 ENV_FILE에 그 파일을 적습니다.

종료 코드: 0 요청대로 끝남 · 1 실패 · 2 잘못된 옵션이나 설정 · 78 API가 거부 · 79 소설이 되지 못한 답의 연속 · 130 두 번째 신호로 강제 종료`;

/** The text of `--help`, in Korean, from the schema. */
export function helpText(): string {
  const options = entries().map(({ arg, unit, env, doc, ...setting }) =>
    arg === null
      ? `  (환경 변수 ${env})\n        ${doc}`
      : `  ${`--${arg} ${placeholder(setting, unit)}`.trimEnd()}\n        ${doc} (기본값: ${shown(setting.default)}, 환경 변수 ${env})`,
  );
  const actions = Object.entries(ACTIONS).map(
    ([name, doc]) => `  ${name === 'help' ? '-h, ' : ''}--${name}\n        ${doc}`,
  );
  return `${INTRO}\n\n옵션:\n${[...options, ...actions].join('\n')}\n\n${EXAMPLES}\n`;
}

/** The table of docs/settings.md. */
export function settingsTable(): string {
  const rows = entries().map(({ name, arg, env, doc, unit, ...setting }) => {
    const flag = arg === null ? '' : `\`--${arg}\``;
    return `| ${flag} | \`${env}\` | \`${name}\` | ${shown(setting.default)}${unit === null ? '' : ` (${unit})`} | ${doc} |`;
  });
  return ['| 옵션 | 환경 변수 | 설정 파일 | 기본값 (단위) | 뜻 |', '| --- | --- | --- | --- | --- |', ...rows].join(
    '\n',
  );
}

/** The whole of .env.example. */
export function envExample(): string {
  const lines = entries().map(({ env, doc, unit, ...setting }) => {
    const value = setting.default === null ? '' : String(setting.default);
    return `# ${doc}${unit === null ? '' : ` (${unit})`}\n# ${env}=${value}`;
  });
  return `# 이 파일을 .env로 복사하고, 필요한 줄의 #을 지워 쓰세요. 이미 있는 환경 변수가 .env보다 먼저입니다.\n\n${lines.join('\n\n')}\n`;
}

/** The effective settings with their sources; secrets are masked. */
export function describeConfig({ config, sources, warnings }: LoadedConfig): string {
  const lines = SETTING_NAMES.map((name) => `${name} = ${JSON.stringify(config[name])}  (${sources[name]})`);
  return [...lines, ...warnings.map((warning) => `주의: ${warning}`), ''].join('\n');
}

function entries(): (Setting & { name: SettingName })[] {
  return SETTING_NAMES.map((name) => ({ name, ...SETTINGS[name] }));
}

function placeholder({ format }: Pick<Setting, 'format'>, unit: string | null): string {
  if (isSwitch({ format })) return '';
  return Array.isArray(format) ? format.join('|') : `<${unit ?? '값'}>`;
}

function shown(value: Setting['default']): string {
  return value === null ? '없음' : String(value);
}
