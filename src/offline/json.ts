import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../lib/project.js';

/** Parses a JSON file of the config folder. */
export function readJson(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, 'config', path), 'utf8'));
}

/** A parsed value as an object; throws, naming `where`, when it is none. */
export function asRecord(value: unknown, where: string): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Error(`${where} is not a JSON object.`);
  }
  return Object.fromEntries(Object.entries(value));
}
