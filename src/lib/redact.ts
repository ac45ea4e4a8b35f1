import { inspect } from 'node:util';

const MASK = '***';

/** A credential that shows itself only when asked: JSON, string conversion and inspection give a mask. */
export class Secret {
  readonly #value: string;
  constructor(value: string) {
    this.#value = value;
  }
  reveal(): string {
    return this.#value;
  }
  toString(): string {
    return MASK;
  }
  toJSON(): string {
    return MASK;
  }
  [inspect.custom](): string {
    return MASK;
  }
}

/**
 * The length from which a configured key is a secret, in characters. A shorter one, such as the `none` or `ollama` that
 * local servers want, is a placeholder: it protects nothing and stands in many texts.
 */
export const SHORTEST_SECRET = 8;

/** Those of the configured keys that must not get out. */
export function secretsAmong(values: readonly string[]): string[] {
  return values.filter(({ length }) => length >= SHORTEST_SECRET);
}

/** A text without the secrets in it: what an endpoint says may repeat the key. */
export function redact(text: string, secrets: readonly string[]): string {
  return secretsAmong(secrets).reduce((masked, secret) => masked.replaceAll(secret, MASK), text);
}

/** A string in JSON, and whether it is the name of a field. */
const JSON_STRING = /"(?:[^"\\]|\\.)*"(\s*:)?/g;

/**
 * The same for a line of JSON, which stays JSON with the same fields: only the strings in it are masked, each as the text
 * that it stands for.
 */
export function redactJson(json: string, secrets: readonly string[]): string {
  const escaped = secretsAmong(secrets).map((secret) => JSON.stringify(secret).slice(1, -1));
  if (!escaped.some((secret) => json.includes(secret))) return json;
  return json.replace(JSON_STRING, (string: string, colon: string | undefined) =>
    colon === undefined ? JSON.stringify(redact(JSON.parse(string) as string, secrets)) : string,
  );
}

/** The values of those secrets that are given. */
export function revealSecrets(secrets: readonly (Secret | null)[]): string[] {
  return secrets.flatMap((secret) => secret?.reveal() ?? []);
}
