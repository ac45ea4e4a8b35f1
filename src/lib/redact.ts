/** A text without the secrets in it: what an endpoint says may repeat the key, and must not get out. */
export function mask(text: string, secrets: readonly string[]): string {
  return secrets.reduce((masked, secret) => masked.replaceAll(secret, '***'), text);
}
