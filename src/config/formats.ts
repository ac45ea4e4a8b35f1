import type Convict from 'convict';
import { parseActiveHours } from '../run/active-hours.js';
import { NOTIFICATION_EVENTS, parseEvents } from './notification-events.js';

/**
 * The formats of the settings. Each refuses what convict's own let through (`3abc`, `1.5` for a count, NaN) with
 * a Korean sentence that says what is wanted. A format named `x|null` also takes null, for "not given".
 */
export function registerFormats(convict: typeof Convict): void {
  for (const { name, wanted, accepts, parse } of FORMATS) {
    const check = (value: unknown) => {
      if (!accepts(value)) throw new Error(wanted);
    };
    convict.addFormat({ name, validate: check, coerce: parse });
    convict.addFormat({
      name: `${name}|null`,
      validate: (value: unknown) => value === null || check(value),
      coerce: parse,
    });
  }
}

interface Format {
  name: string;
  /** Korean: what a value has to be. */
  wanted: string;
  accepts(value: unknown): boolean;
  /** From the text of a flag or a variable; text that does not fit stays text, for `accepts` to refuse. */
  parse(text: string): unknown;
}

const SWITCH_WORDS = new Map([
  ['true', true],
  ['1', true],
  ['false', false],
  ['0', false],
]);
const isNumber = (value: unknown): value is number => typeof value === 'number' && Number.isFinite(value);
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';
const parseNumber = (text: string) => (/^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : text);
/** An empty variable is how a shell says "not given"; only texts can be so, a number has to be one. */
const parseText = (text: string) => text.trim() || null;

/** Some 300 years, in seconds: beyond, a moment in time can no longer be written down. */
const LONGEST = 1e10;

/**
 * Two hours, in seconds: a story of 3,500 characters from a local model that writes one every two seconds. The kill_timeout
 * of ecosystem.config.cjs has to outlast it.
 */
const LONGEST_CALL = 7200;

const numberFormat = (name: string, wanted: string, accepts: (value: number) => boolean): Format => ({
  name,
  wanted,
  accepts: (value) => isNumber(value) && accepts(value),
  parse: parseNumber,
});

const FORMATS: readonly Format[] = [
  numberFormat('count', '0 이상의 정수여야 합니다', (value) => Number.isSafeInteger(value) && value >= 0),
  numberFormat(
    'concurrency',
    '1에서 256 사이의 정수여야 합니다',
    (value) => Number.isSafeInteger(value) && value >= 1 && value <= 256,
  ),
  numberFormat(
    'batch-size',
    '1에서 100000 사이의 정수여야 합니다',
    (value) => Number.isSafeInteger(value) && value >= 1 && value <= 100_000,
  ),
  numberFormat('positive-count', '1 이상의 정수여야 합니다', (value) => Number.isSafeInteger(value) && value >= 1),
  numberFormat('seconds', '0 이상의 초여야 합니다 (소수 가능)', (value) => value >= 0 && value <= LONGEST),
  numberFormat('positive-seconds', '0보다 큰 초여야 합니다 (소수 가능)', (value) => value > 0 && value <= LONGEST),
  numberFormat(
    'call-seconds',
    `0보다 크고 ${LONGEST_CALL} 이하인 초여야 합니다 (소수 가능)`,
    (value) => value > 0 && value <= LONGEST_CALL,
  ),
  numberFormat('dollars', '0보다 큰 달러여야 합니다 (소수 가능)', (value) => value > 0),
  numberFormat('price', '0 이상의 달러여야 합니다 (소수 가능)', (value) => value >= 0),
  {
    name: 'hours',
    wanted: '22:00-06:00처럼 시작과 끝이 다른 두 시각이어야 합니다',
    accepts: (value) => isText(value) && parseActiveHours(value) !== null,
    parse: parseText,
  },
  {
    name: 'switch',
    wanted: 'true 또는 false여야 합니다',
    accepts: (value) => typeof value === 'boolean',
    parse: (text) => SWITCH_WORDS.get(text.trim().toLowerCase()) ?? text,
  },
  numberFormat(
    'exit-code',
    '0에서 255 사이의 정수여야 합니다',
    (value) => Number.isInteger(value) && value >= 0 && value <= 255,
  ),
  numberFormat('share', '0에서 1 사이의 수여야 합니다', (value) => value >= 0 && value <= 1),
  numberFormat('temperature', '0에서 2 사이의 수여야 합니다', (value) => value >= 0 && value <= 2),
  { name: 'text', wanted: '빈 값일 수 없습니다', accepts: isText, parse: parseText },
  {
    name: 'secret',
    wanted: '공백이나 ASCII 밖의 문자가 섞여 있습니다. 값을 다시 복사해 넣으세요',
    accepts: (value) => isText(value) && /^[\x21-\x7e]+$/.test(value),
    parse: parseText,
  },
  {
    name: 'events',
    wanted: `${NOTIFICATION_EVENTS.join(', ')} 가운데 골라 쉼표로 나눠 적거나, none이어야 합니다`,
    accepts: (value) => isText(value) && parseEvents(value) !== null,
    parse: parseText,
  },
  {
    name: 'base-url',
    wanted: 'http:// 또는 https://로 시작하는 주소여야 합니다 (사용자 이름·비밀번호·물음표 없이, 끝에 /v1 없이)',
    accepts: isBaseUrl,
    parse: parseText,
  },
];

function isBaseUrl(value: unknown): boolean {
  if (!isText(value) || !URL.canParse(value)) return false;
  const { protocol, username, password, pathname, search, hash } = new URL(value);
  if (protocol !== 'http:' && protocol !== 'https:') return false;
  // The SDK adds /v1/messages.
  return [username, password, search, hash].every((part) => part === '') && !/\/v1(\/|$)/.test(pathname);
}
