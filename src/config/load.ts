import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseEnv } from 'node:util';
import convict from 'convict';
import { costOf, type Price } from '../api/pricing.js';
import type { Usage } from '../api/usage.js';
import { UserError } from '../lib/errors.js';
import { Secret } from '../lib/redact.js';
import type { Caps } from '../run/budget.js';
import type { Limits } from '../run/end-reason.js';
import { registerFormats } from './formats.js';
import { SETTING_NAMES, SETTINGS, type SettingName, type SettingValues } from './settings.js';

type SecretName = 'anthropicApiKey' | 'anthropicAuthToken';

/** The effective settings. Seconds and sizes as the user gave them; folders and files as absolute paths. */
export type Config = Readonly<Omit<SettingValues, SecretName> & Record<SecretName, Secret | null>>;

export interface LoadedConfig {
  config: Config;
  /** Where each value comes from: a file, an environment variable, a flag, or the schema. */
  sources: Readonly<Record<SettingName, string>>;
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
 * config/local.json, .env and the environment, flags. Every layer is checked by itself, so that an error names it.
 * @throws ConfigError on the first value, key or file that cannot be used
 */
export function loadConfig({ root, env: realEnv, flags }: ConfigInputs): LoadedConfig {
  registerFormats(convict);
  const env = { ...readDotEnv(root), ...realEnv };
  const settings = convict<Record<string, unknown>>(SETTINGS as convict.Schema<Record<string, unknown>>, {
    env: {},
    args: [],
  });
  const sources = Object.fromEntries(SETTING_NAMES.map((name) => [name, FROM_SCHEMA])) as Record<SettingName, string>;
  const layers: Layer[] = [
    ...fileLayers(root, env.NODE_ENV),
    { source: (name) => `환경 변수 ${SETTINGS[name].env}`, values: fromEnvironment(env) },
    { source: (name) => `--${SETTINGS[name].arg}`, values: flags },
  ];
  for (const { source, place = source, values } of layers) {
    for (const [name, value] of Object.entries(values) as [SettingName, unknown][]) {
      apply(settings, place(name), name, value);
      sources[name] = source(name);
    }
  }
  return { config: toConfig(settings.getProperties() as unknown as SettingValues, root), sources };
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
  // A profile is a file name; anything with a path in it is somebody else's NODE_ENV.
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
    throw new ConfigError(`${path}: 모르는 설정 ${unknown.join(', ')} (쓸 수 있는 설정: ${SETTING_NAMES.join(', ')})`);
  }
  return json;
}

function readDotEnv(root: string): NodeJS.ProcessEnv {
  const content = readIfPresent(join(root, '.env'));
  if (content === null) return {};
  // Node 20.12 takes the second of two comment lines for a setting.
  return parseEnv(content.replace(/^[ \t]*#.*$/gm, '')) as NodeJS.ProcessEnv;
}

function readIfPresent(path: string): string | null {
  try {
    // Some editors begin a file with a byte order mark; in .env it would hide the first variable.
    return readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return null;
    throw new ConfigError(`설정 파일을 읽을 수 없습니다: ${path} (${code})`, { cause });
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

/** Who writes, and under which name it is recorded. */
export interface AuthorChoice {
  kind: 'anthropic' | 'offline';
  /** "anthropic", "offline", or the host of another endpoint. */
  provider: string;
}

const VENDOR_HOST = 'api.anthropic.com';

/**
 * The author that the settings ask for: with `auto`, the Messages API as soon as a credential or an address is
 * given, and else the built-in offline author.
 * @throws ConfigError when the API is asked for by name and nothing says how to reach it
 */
export function chooseAuthor({ author, anthropicApiKey, anthropicAuthToken, anthropicBaseUrl }: Config): AuthorChoice {
  const reachable = anthropicApiKey !== null || anthropicAuthToken !== null || anthropicBaseUrl !== null;
  if (author === 'offline' || (author === 'auto' && !reachable)) return { kind: 'offline', provider: 'offline' };
  if (!reachable) {
    throw new ConfigError(
      'AUTHOR=anthropic에는 ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN, ANTHROPIC_BASE_URL 가운데 하나가 필요합니다',
    );
  }
  const host = anthropicBaseUrl === null ? VENDOR_HOST : new URL(anthropicBaseUrl).host;
  return { kind: 'anthropic', provider: host === VENDOR_HOST ? 'anthropic' : host };
}

/**
 * The price of a call: the settings', the model's list price, nothing for the offline author; null where none is known.
 * @throws ConfigError when only one of the two prices is given
 */
export function choosePrice(
  { priceInputUsd, priceOutputUsd }: Config,
  { kind }: AuthorChoice,
  listPrice: Price | null,
): Price | null {
  if ((priceInputUsd === null) !== (priceOutputUsd === null)) {
    throw new ConfigError('PRICE_INPUT_USD와 PRICE_OUTPUT_USD는 함께 주어야 합니다');
  }
  if (priceInputUsd !== null && priceOutputUsd !== null) return { input: priceInputUsd, output: priceOutputUsd };
  return kind === 'offline' ? { input: 0, output: 0 } : listPrice;
}

/**
 * @param call the most that one call can use
 * @throws ConfigError when a cap leaves no room for a single call, or costs are capped and no price is known
 */
export function checkCaps(caps: Caps, call: Usage, price: Price | null, model: string): void {
  if (caps.tokens !== null && caps.tokens < call.total_tokens) {
    throw new ConfigError(
      `MAX_TOKENS_TOTAL: 한 번의 호출이 쓸 수 있는 ${call.total_tokens}토큰보다 작습니다. 늘리거나 MAX_TOKENS를 줄이세요`,
    );
  }
  if (caps.costUsd === null) return;
  const cost = costOf(call, price);
  if (cost === null) {
    throw new ConfigError(
      `MAX_COST_USD: ${model}의 가격을 모릅니다. PRICE_INPUT_USD와 PRICE_OUTPUT_USD를 주거나 config/models.json에 더하세요`,
    );
  }
  if (caps.costUsd < cost) {
    throw new ConfigError(
      `MAX_COST_USD: 한 번의 호출이 쓸 수 있는 ${cost.toFixed(4)}달러보다 작습니다. 늘리거나 MAX_TOKENS를 줄이세요`,
    );
  }
}

/**
 * 0 means "no limit" everywhere. With neither a duration nor a count, one story is written; a duration alone is
 * not cut at one.
 */
export function toLimits(config: Config): Limits {
  const { durationSeconds, maxStories, intervalSeconds, maxConsecutiveFailures } = config;
  const stories = maxStories ?? (durationSeconds === null ? 1 : 0);
  return {
    durationMs: durationSeconds === null || durationSeconds === 0 ? null : durationSeconds * 1000,
    maxStories: stories === 0 ? null : stories,
    intervalMs: intervalSeconds * 1000,
    maxConsecutiveFailures: maxConsecutiveFailures === 0 ? null : maxConsecutiveFailures,
  };
}
