import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environmentWithoutSettings } from '../../src/chaos/processes.js';
import { ROOT } from '../../src/lib/project.js';

/** What a worker made of the answers that it was given. */
export interface Observation {
  exit: number | null;
  /** Requests that reached the endpoint behind the gateway. */
  requests: number;
  stories: number;
  setAside: number;
  /** `kind/code` of each failed attempt, in order. */
  failures: string[];
  /** Tokens of the final record; null when those of a story are not known. */
  tokens: number | null;
  /** The text of each saved story, and of each answer that was set aside. */
  texts: string[];
  asideTexts: string[];
  /** Warnings and what they say, and the advice of failures. */
  messages: string[];
}

/** What has to come out; a field that is absent may be anything. */
export interface Expected
  extends Partial<Pick<Observation, 'exit' | 'requests' | 'stories' | 'setAside' | 'failures'>> {
  isUsageKnown?: boolean;
  /** Something that has to stand in a warning or a failure. */
  says?: RegExp;
  /** Something that must not stand in a saved story. */
  without?: RegExp;
  /** A passage of each of these answers has to be in a saved story or in one that was set aside. */
  keeps?: readonly string[];
}

/** What the worker warns of at a story without usage. */
const UNKNOWN_USAGE = '토큰 사용량 정보 없음';

/** Milliseconds. */
const LONGEST = 90_000;

/** Runs the built worker through a gateway to its end, and reads what it left. */
export async function runWorker(
  folder: string,
  baseUrl: string,
  flags: readonly string[],
  env: Record<string, string>,
): Promise<Omit<Observation, 'requests'>> {
  const [outputDir, logDir] = [join(folder, 'stories'), join(folder, 'logs')];
  mkdirSync(folder, { recursive: true });
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'main.js'), ...flags], {
    cwd: ROOT,
    env: {
      ...environmentWithoutSettings(process.env),
      ...{ ANTHROPIC_API_KEY: 'sk-gateway-check', ANTHROPIC_BASE_URL: baseUrl, OUTPUT_DIR: outputDir, LOG_DIR: logDir },
      ...{ RETRY_BASE_SECONDS: '0.05', RETRY_MAX_SECONDS: '0.2', ...env },
    },
    stdio: 'ignore',
    timeout: LONGEST,
  });
  const exit = await new Promise<number | null>((resolve) => {
    child.once('close', resolve);
    child.once('error', () => resolve(null));
  });
  const records = recordsIn(logDir);
  const tokens = records.at(-1)?.tokens as { total_tokens?: number } | null | undefined;
  return {
    exit,
    stories: filesIn(outputDir, '.md').length,
    setAside: filesIn(join(outputDir, '.set-aside'), '.md').length,
    failures: records
      .filter(({ event }) => event === 'attempt_failed')
      .map(({ kind, code }) => `${String(kind)}/${String(code)}`),
    tokens: records.some(({ msg }) => msg === UNKNOWN_USAGE) ? null : (tokens?.total_tokens ?? null),
    texts: filesIn(outputDir, '.md').map((file) => readFileSync(file, 'utf8')),
    asideTexts: filesIn(join(outputDir, '.set-aside'), '.md').map((file) => readFileSync(file, 'utf8')),
    messages: records
      .filter(({ level, event }) => level === 'warn' || level === 'error' || event === 'attempt_failed')
      .flatMap(({ msg, advice }) => [msg, advice])
      .filter((message) => typeof message === 'string'),
  };
}

/** Korean: where what was seen differs from what was expected. */
export function problemsOf(seen: Observation, expected: Expected): string[] {
  const problems: string[] = [];
  for (const key of ['exit', 'requests', 'stories', 'setAside'] as const) {
    if (expected[key] !== undefined && seen[key] !== expected[key]) {
      problems.push(`${key}: ${seen[key]} (기대: ${expected[key]})`);
    }
  }
  if (expected.failures !== undefined && String(seen.failures) !== String(expected.failures)) {
    problems.push(`failures: ${seen.failures.join(' ')} (기대: ${expected.failures.join(' ')})`);
  }
  if (expected.isUsageKnown !== undefined && expected.isUsageKnown !== (seen.tokens !== null)) {
    problems.push(`tokens: ${seen.tokens}`);
  }
  if (expected.says !== undefined && !seen.messages.some((message) => expected.says?.test(message))) {
    problems.push(`말하지 않음: ${expected.says.source}`);
  }
  if (expected.without !== undefined && seen.texts.some((text) => expected.without?.test(text))) {
    problems.push(`소설에 남음: ${expected.without.source}`);
  }
  const kept = [...seen.texts, ...seen.asideTexts].map(lettersOf);
  for (const text of expected.keeps ?? []) {
    if (!kept.some((each) => each.includes(lettersOf(text)))) problems.push(`잃음: ${text.slice(0, 40)} …`);
  }
  return problems;
}

/** Without the space and the heading mark that reading may set anew. */
const lettersOf = (text: string): string => text.replace(/[\s#]+/g, '');

function filesIn(folder: string, end: string): string[] {
  if (!existsSync(folder)) return [];
  const names = readdirSync(folder).filter((name) => name.endsWith(end) && !name.startsWith('.'));
  return names.sort().map((name) => join(folder, name));
}

function recordsIn(folder: string): Record<string, unknown>[] {
  return filesIn(folder, '.log').flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );
}
