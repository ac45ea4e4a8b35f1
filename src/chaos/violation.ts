import { isDeepStrictEqual } from 'node:util';

/** A broken promise. */
export interface Violation {
  code: string;
  where: string;
  /** Korean. */
  message: string;
}

export const violation = (code: string, where: string | number, message: string): Violation => ({
  code,
  where: String(where),
  message,
});

/** The violation when two things that have to be equal are not. */
export function differ(code: string, where: string, said: unknown, counted: unknown): Violation[] {
  if (isDeepStrictEqual(said, counted)) return [];
  return [violation(code, where, `${JSON.stringify(said)} ≠ ${JSON.stringify(counted)}`)];
}
