import { inspect } from 'node:util';

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
    return '***';
  }
  toJSON(): string {
    return '***';
  }
  [inspect.custom](): string {
    return '***';
  }
}

/** A text without the secrets in it: what an endpoint says may repeat the key, and must not get out. */
export function redact(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}

/** The values of those secrets that are given. */
export function revealSecrets(secrets: readonly (Secret | null)[]): string[] {
  return secrets.flatMap((secret) => secret?.reveal() ?? []);
}
