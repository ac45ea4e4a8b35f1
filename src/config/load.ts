import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import convict from 'convict';
import { nearestName } from '../lib/command-line.js';
import { UserError } from '../lib/errors.js';
import { describeReadError, readTextFile } from '../lib/files.js';
import { Secret } from '../lib/redact.js';
import { registerFormats } from './formats.js';
import { SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from './settings.js';

type SecretName = 'anthropicApiKey' | 'anthropicAuthToken';

/** The effective settings. Seconds and sizes as the user gave them; folders and files as absolute paths. */
export type Config = Readonly<Omit<SettingValues, SecretName> & Record<SecretName, Secret | null>>;

export interface LoadedConfig {
  config: Config;
  /** Where each value comes from: a file, an environment variable, a flag, or the schema. */
  sources: Readonly<Record<SettingName, string>>;
  /** Korean sentences about what is given and has no effect, such as a variable of .env with a mistyped name. */
  warnings: readonly string[];
}

/** A setting that cannot be used; the message is for the user and names the place. */
export class ConfigError extends UserError {
  override readonly name = 'ConfigError';
}

/** Values by name as one layer gives them, before they are checked. */
export type RawValues = Partial<Record<SettingName, unknown>>;

export interface ConfigInputs {
  /** The project's folder: config files, .env and relative paths start there. */
  root: string;
  env: NodeJS.ProcessEnv;
  flags: RawValues;
}

interface Layer {
  /** The name to show for one of its values. */
  source(name: SettingName): string;
  /** The place of a value that cannot be used, where the source alone does not say it. */
  place?(name: SettingName): string;
  values: RawValues;
}

export const FROM_SCHEMA = '기본값';

/**
 * Puts the layers together; later ones win: schema, config/default.json, config/$NODE_ENV.json,
 * config/local.json, .env, the environment, flags. Every layer is checked by itself, so that an error names it. An empty
 * variable is one that was not given: docker compose and shells leave such ones behind.
 * @throws ConfigError on the first value, key or file that cannot be used
 */
export function loadConfig({ root, env: realEnv, flags }: ConfigInputs): LoadedConfig {
  registerFormats(convict);
  const dotEnv = readDotEnv(root, realEnv);
  const env = { ...withoutEmpty(dotEnv.variables), ...withoutEmpty(realEnv) };
  const settings = convict<Record<string, unknown>>(SETTINGS as convict.Schema<Record<string, unknown>>, {
    env: {},
    args: [],
  });
  const sources = Object.fromEntries(SETTING_NAMES.map((name) => [name, FROM_SCHEMA])) as Record<SettingName, string>;
  const layers: Layer[] = [
    ...fileLayers(root, env.NODE_ENV),
    {
      source: (name) => {
        const { env: variable } = SETTINGS[name];
        return realEnv[variable] === env[variable] ? `환경 변수 ${variable}` : `${dotEnv.name}의 ${variable}`;
      },
      values: fromEnvironment(env),
    },
    { source: (name) => `--${SETTINGS[name].arg}`, values: flags },
  ];
  for (const { source, place = source, values } of layers) {
    for (const [name, value] of Object.entries(values) as [SettingName, unknown][]) {
      apply(settings, place(name), name, value);
      sources[name] = source(name);
    }
  }
  const config = toConfig(settings.getProperties() as unknown as SettingValues, root);
  return { config, sources, warnings: findMistyped(dotEnv) };
}

function apply(
  settings: convict.Config<Record<string, unknown>>,
  place: string,
  name: SettingName,
  value: unknown,
): void {
  // convict would take an object for a branch of the schema.
  if (typeof value === 'object' && value !== null) throw new ConfigError(`${place}: 객체나 배열은 쓸 수 없습니다`);
  try {
    settings.load({ [name]: value }).validate({ allowed: 'strict' });
  } catch (error) {
    // convict says "name: what is wrong: value was X", and leaves the value of a secret out.
    const text = (error as Error).message
      .replace(/^[^:]+: /, '')
      .replace(
        /must be one of the possible values: (\[.*?\])/,
        (_, values: string) => `${(JSON.parse(values) as string[]).join(', ')} 중 하나여야 합니다`,
      )
      .replace(/: value was (.*)$/s, ' (입력값: $1)')
      // The password of an address.
      .replace(/"(\w+:\/\/)?.*@/, '"$1***@');
    // Without its cause, which has the value as it was given.
    throw new ConfigError(`${place}: ${text}`);
  }
}

function fileLayers(root: string, profile: string | undefined): Layer[] {
  // A profile is a file name; a NODE_ENV with a path in it is meant for another program.
  const names = ['default', ...(profile !== undefined && /^[\w-]+$/.test(profile) ? [profile] : []), 'local'];
  return names.flatMap((name) => {
    const path = join('config', `${name}.json`);
    const content = readIfPresent(join(root, path));
    return content === null
      ? []
      : [{ source: () => path, place: (name) => `${path}: ${name}`, values: parseFile(path, content) }];
  });
}

function parseFile(path: string, content: string): RawValues {
  let json: unknown;
  try {
    json = JSON.parse(content);
  } catch (error) {
    // Node's message quotes what stands around the fault, and that may be a key.
    const text = (error as Error).message.replace(/, (\.\.\.)?".*/s, '');
    throw new ConfigError(`${path}: 올바른 JSON이 아닙니다: ${text}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new ConfigError(`${path}: JSON 객체여야 합니다`);
  }
  const unknown = Object.keys(json).filter((key) => !Object.hasOwn(SETTINGS, key));
  if (unknown.length > 0) {
    throw new ConfigError(
      `${path}: 알 수 없는 설정: ${unknown.join(', ')} (쓸 수 있는 설정: ${SETTING_NAMES.join(', ')})`,
    );
  }
  return json;
}

/** Variables by name, and the file that they were read from. */
interface EnvFile {
  /** As the user knows it. */
  name: string;
  variables: NodeJS.ProcessEnv;
}

/** The variable that names a file to read in place of .env. */
export const ENV_FILE = 'ENV_FILE';

const DEFAULT_ENV_FILE = '.env';

/** Reads .env, or the file that ENV_FILE names. Only .env may be missing. */
function readDotEnv(root: string, realEnv: NodeJS.ProcessEnv): EnvFile {
  const { [ENV_FILE]: named } = withoutEmpty(realEnv);
  const name = named ?? DEFAULT_ENV_FILE;
  const content = readIfPresent(resolve(root, name));
  if (content !== null) return { name, variables: parseEnv(toEnvLines(content)) as NodeJS.ProcessEnv };
  if (named !== undefined) throw new ConfigError(`환경 변수 ${ENV_FILE}: 파일이 없습니다: ${resolve(root, name)}`);
  return { name, variables: {} };
}

/** Lines as shells set variables: `export KEY=…`, cmd's `set KEY=…`, PowerShell's `$env:KEY = …`. */
const SHELL_PREFIX = /^[ \t]*(?:(?:export|set)[ \t]+|\$env:)(?=[A-Za-z_]\w*[ \t]*=)/gim;

/** The lines of an env file in the form that Node reads. */
function toEnvLines(content: string): string {
  // Node 20.12 takes the second of two comment lines for a setting.
  return content.replace(/^[ \t]*#.*$/gm, '').replace(SHELL_PREFIX, '');
}

function withoutEmpty(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([, value]) => value !== undefined && value.trim() !== ''));
}

/**
 * Variables of an env file whose names are close to one that the worker knows. Of the environment nothing is said: its
 * variables belong to other programs too.
 */
function findMistyped({ name: file, variables }: EnvFile): string[] {
  const toWords = (variable: string) => variable.toLowerCase().replaceAll('_', '-');
  const known = new Map(
    ['NODE_ENV', ...SETTING_NAMES.map((name) => SETTINGS[name].env)].map((env) => [toWords(env), env]),
  );
  return Object.keys(variables).flatMap((variable) => {
    const words = toWords(variable);
    if (known.get(words) === variable) return [];
    const nearest = known.get(words) ?? known.get(nearestName(words, [...known.keys()]) ?? '');
    return nearest === undefined
      ? []
      : [`${file}: 알 수 없는 변수라 쓰지 않습니다: ${variable}. 혹시 ${nearest}인가요?`];
  });
}

function readIfPresent(path: string): string | null {
  try {
    return readTextFile(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw new ConfigError(`설정 파일을 읽을 수 없습니다: ${path} (${describeReadError(cause)})`, { cause });
  }
}

function fromEnvironment(env: NodeJS.ProcessEnv): RawValues {
  const given = SETTING_NAMES.filter((name) => env[SETTINGS[name].env] !== undefined);
  return Object.fromEntries(given.map((name) => [name, env[SETTINGS[name].env]]));
}

function toConfig(values: SettingValues, root: string): Config {
  const secret = (value: string | null) => (value === null ? null : new Secret(value));
  return {
    ...values,
    anthropicApiKey: secret(values.anthropicApiKey),
    anthropicAuthToken: secret(values.anthropicAuthToken),
    outputDir: resolve(root, values.outputDir),
    logDir: resolve(root, values.logDir),
    template: values.template === null ? null : resolve(root, values.template),
    cards: values.cards === null ? null : resolve(root, values.cards),
  };
}
