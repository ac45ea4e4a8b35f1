// What must not stand in any file: keys and tokens, by their form, and those that are configured, by their value.

/** What a text gives away: a word for it, never the secret itself. */
export type FindSecret = (text: string) => string | null;

const FORMS: readonly [what: string, form: RegExp][] = [
  ['sk-ant-…', /sk-ant-[\w-]{8}/],
  ['Bearer …', /\bBearer\s+[\w.~+/-]{12}/i],
  ['Authorization: …', /\bauthorization["']?\s*[:=]\s*["']?(?!\*{3}|null\b)[\w.~+/-]{8}/i],
  ['x-api-key: …', /\bx-api-key["']?\s*[:=]\s*["']?(?!\*{3}|null\b)[\w.~+/-]{8}/i],
];

/** A shorter value, such as the `none` or `ollama` of a local server, is no secret, and stands in many texts. */
const SHORTEST_VALUE = 8;

/** @param values the configured keys */
export function secretFinder(values: readonly string[]): FindSecret {
  const telling = values.filter(({ length }) => length >= SHORTEST_VALUE);
  return (text) => {
    if (telling.some((value) => text.includes(value))) return '설정된 키';
    return FORMS.find(([, form]) => form.test(text))?.[0] ?? null;
  };
}
