import { secretsAmong } from '../lib/redact.js';

// Scans text for secrets: keys and tokens by their form, and the configured ones by their value.

/** @returns a description of the first secret in the text, never the secret itself; null when there is none */
export type FindSecret = (text: string) => string | null;

const FORMS: readonly [what: string, form: RegExp][] = [
  ['sk-ant-…', /sk-ant-[\w-]{8}/],
  ['Bearer …', /\bBearer\s+[\w.~+/-]{12}/i],
  ['Authorization: …', /\bauthorization["']?\s*[:=]\s*["']?(?!\*{3}|null\b)[\w.~+/-]{8}/i],
  ['x-api-key: …', /\bx-api-key["']?\s*[:=]\s*["']?(?!\*{3}|null\b)[\w.~+/-]{8}/i],
];

/** @param values the configured keys */
export function secretFinder(values: readonly string[]): FindSecret {
  const secrets = secretsAmong(values);
  return (text) => {
    if (secrets.some((value) => text.includes(value))) return '설정된 키';
    return FORMS.find(([, form]) => form.test(text))?.[0] ?? null;
  };
}
