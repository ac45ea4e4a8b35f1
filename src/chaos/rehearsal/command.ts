import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { parseArgs } from 'node:util';
import { SECOND } from '../../lib/clock.js';
import { UsageError } from '../../lib/command-line.js';
import { ExitCode, UserError } from '../../lib/errors.js';
import { openTerminal, type Terminal } from '../../logging/terminal.js';
import { SHORTEST_DAY, WEATHERS, type Weather } from './fault-plan.js';
import { WEATHER_NAMES } from './labels.js';
import { describeOffer, planReal, rehearseReal, summaryOfReal } from './live-run.js';
import { follow, summaryOf } from './output.js';
import { type News, RehearsalError, rehearse } from './rehearsal.js';
import type { DayScale } from './time-scale.js';

export const USAGE = `사용법: npm run rehearse                               폭풍이 부는 하루를 1분쯤으로 줄여 연습
        npm run rehearse -- --weather calm|rough|storm   날씨: 맑음, 궂음, 폭풍(기본값)
        npm run rehearse -- --seed N                     같은 시드는 같은 날씨
        npm run rehearse -- --seconds S                  하루의 길이 (초)
        npm run rehearse -- --keep                       성공해도 폴더를 남김
        npm run rehearse -- --root 폴더                  다른 곳에 있는 프로젝트를 연습
        npm run rehearse -- --real N                     내 설정과 내 API로 소설 N편 (비용이 듭니다)
종료 코드: 0 PASS, 1 FAIL, 2 옵션이나 설정이 잘못됨, 130 중단
`;

/** How long a day is by default, in seconds: a storm has more to do. */
const DAY: Record<Weather, number> = { calm: 45, rough: 45, storm: 60 };

type Asked =
  | { kind: 'help' }
  | { kind: 'weather'; weather: Weather; seed: number; seconds: number; root: string; keep: boolean }
  | { kind: 'real'; stories: number; root: string };

export interface RehearseCommand {
  argv: readonly string[];
  /** The project's folder. */
  root: string;
  process: NodeJS.Process;
}

/** @returns the exit code */
export async function runRehearse({ argv, root, process }: RehearseCommand): Promise<number> {
  const stop = new AbortController();
  const terminal = openTerminal(process.stdout, 'stream');
  const onSignal = listenTo(process, stop);
  try {
    const asked = parse(argv, root);
    if (asked.kind === 'help') {
      terminal.write(USAGE);
      return 0;
    }
    if (!existsSync(join(asked.root, 'dist', 'main.js'))) {
      throw new UsageError(`${join(asked.root, 'dist', 'main.js')}이(가) 없습니다. 먼저 npm run build를 실행하세요`);
    }
    const shared = { env: process.env, giveUp: stop.signal, atExit: atExitOf(process) };
    const passed =
      asked.kind === 'weather'
        ? await runWeather(asked, terminal, shared)
        : await runReal(asked, terminal, shared, process);
    return passed ? 0 : ExitCode.failed;
  } catch (error) {
    terminal.live('');
    if (stop.signal.aborted) {
      process.stderr.write(`${(stop.signal.reason as Error).message} 수신 - 중단했습니다. pm2와 워커는 끝냈습니다\n`);
      return ExitCode.aborted;
    }
    if (error instanceof RehearsalError) {
      process.stderr.write(`${error.message}\n`);
      return ExitCode.failed;
    }
    if (!(error instanceof UserError)) throw error;
    process.stderr.write(`${error.message}\n`);
    return ExitCode.usage;
  } finally {
    onSignal.forget();
    await terminal.flush(SECOND);
  }
}

interface Shared {
  env: NodeJS.ProcessEnv;
  giveUp: AbortSignal;
  atExit: (act: () => void) => () => void;
}

async function runWeather(
  asked: Extract<Asked, { kind: 'weather' }>,
  terminal: Terminal,
  shared: Shared,
): Promise<boolean> {
  const { weather, seed, seconds, root, keep } = asked;
  let onNews = (_: News) => {};
  const onDay = (scale: DayScale) => {
    const drawnOut = scale.dayMs > seconds * SECOND ? ' (기계가 바빠 늘렸습니다)' : '';
    terminal.write(`${WEATHER_NAMES[weather]}(${weather}), 시드 ${seed}, 하루 ${scale.dayMs / SECOND}초${drawnOut}\n`);
    onNews = follow(terminal, scale);
  };
  const result = await rehearse({ ...shared, root, weather, seed, seconds, onDay, onNews: (news) => onNews(news) });
  terminal.live('');
  terminal.write(`\n${summaryOf(result, seed)}`);
  if (result.passed && !keep) await rm(result.folder, { recursive: true, force: true });
  else terminal.write(`폴더 ${result.folder}\n`);
  return result.passed;
}

async function runReal(
  { stories, root }: Extract<Asked, { kind: 'real' }>,
  terminal: Terminal,
  shared: Shared,
  process: NodeJS.Process,
): Promise<boolean> {
  const plan = planReal({ root, env: shared.env, stories });
  if (plan === null) {
    throw new UsageError('API 키도 주소도 없습니다. ANTHROPIC_API_KEY나 ANTHROPIC_BASE_URL을 설정하세요');
  }
  terminal.write(`${describeOffer(plan)}\n`);
  if (process.stdin.isTTY && process.stdout.isTTY && !(await confirm(process, shared.giveUp))) {
    terminal.write('그만둡니다. 아무것도 부르지 않았습니다\n');
    return false;
  }
  const result = await rehearseReal({ ...shared, root, plan, onLine: (line) => terminal.write(`${line}\n`) });
  terminal.write(`\n${summaryOfReal(result)}`);
  return result.passed;
}

async function confirm(process: NodeJS.Process, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^\s*(y|yes|예|네)\s*$/i.test(await lines.question('계속할까요? [y/N] ', { signal }));
  } finally {
    lines.close();
  }
}

function parse(argv: readonly string[], root: string): Asked {
  const values = readOptions(argv);
  const { weather = 'storm', real, help, keep = false } = values;
  if (help === true) return { kind: 'help' };
  const project = values.root === undefined ? root : resolve(values.root);
  if (real !== undefined) {
    const other = (['weather', 'seed', 'seconds', 'keep'] as const).find((name) => values[name] !== undefined);
    if (other !== undefined) throw new UsageError(`--real은 --${other}와 함께 쓸 수 없습니다`);
    return { kind: 'real', stories: count('real', real, 1), root: project };
  }
  if (!isWeather(weather))
    throw new UsageError(`--weather: ${WEATHERS.join(', ')} 가운데 하나여야 합니다 (${weather})`);
  const seed = values.seed === undefined ? Math.floor(Math.random() * 1e6) : count('seed', values.seed, 0);
  const seconds = values.seconds === undefined ? DAY[weather] : count('seconds', values.seconds, SHORTEST_DAY[weather]);
  return { kind: 'weather', weather, seed, seconds, root: project, keep };
}

function readOptions(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      options: {
        weather: { type: 'string' },
        seed: { type: 'string' },
        seconds: { type: 'string' },
        root: { type: 'string' },
        real: { type: 'string' },
        keep: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch {
    throw new UsageError(USAGE.trimEnd());
  }
}

function isWeather(word: string): word is Weather {
  return WEATHERS.some((weather) => weather === word);
}

function count(name: string, text: string, least: number): number {
  const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(value) && value >= least) return value;
  throw new UsageError(`--${name}: ${least} 이상의 정수여야 합니다 (${text})`);
}

/** Terminals double a Ctrl+C; a second one counts only after that time, in milliseconds. */
const SECOND_SIGNAL_AFTER = SECOND;

/** The first signal ends the rehearsal in good order, a second one at once. */
function listenTo(process: NodeJS.Process, stop: AbortController): { forget(): void } {
  let firstAt = 0;
  const onSignal = (name: NodeJS.Signals) => {
    if (!stop.signal.aborted) {
      firstAt = performance.now();
      stop.abort(new Error(name));
    } else if (performance.now() - firstAt >= SECOND_SIGNAL_AFTER) process.exit(ExitCode.aborted);
  };
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
  for (const name of signals) process.on(name, onSignal);
  return {
    forget: () => {
      for (const name of signals) process.off(name, onSignal);
    },
  };
}

function atExitOf(process: NodeJS.Process): Shared['atExit'] {
  return (act) => {
    process.on('exit', act);
    return () => process.off('exit', act);
  };
}
