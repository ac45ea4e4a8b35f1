import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { SECOND } from '../../lib/clock.js';
import { type Command, defineCommand, parseChoice, parseCount, UsageError } from '../../lib/command-line.js';
import { ExitCode, UserError } from '../../lib/errors.js';
import { openTerminal, type Terminal } from '../../logging/terminal.js';
import { createShutdown } from '../../worker/shutdown.js';
import { rehearseMonth } from '../month/month.js';
import { createMonthView, summaryOfMonth } from '../month/month-output.js';
import { SHORTEST_MONTH } from '../month/month-plan.js';
import { SHORTEST_DAY, WEATHERS, type Weather } from './fault-plan.js';
import { describeOffer, planReal, rehearseReal, summaryOfReal } from './live-run.js';
import { createProgressView, summaryOf, WEATHER_NAMES } from './output.js';
import { RehearsalError, type SessionOptions } from './pm2-session.js';
import { type RehearsalProgress, rehearse } from './rehearsal.js';
import type { DayScale, Writing } from './time-scale.js';

const USAGE = `사용법: npm run rehearse                               폭풍이 부는 하루를 1분쯤으로 줄여 연습
        npm run rehearse -- --weather calm|rough|storm   날씨: 맑음, 궂음, 폭풍(기본값)
        npm run rehearse -- --seed N                     같은 시드는 같은 날씨
        npm run rehearse -- --seconds S                  하루의 길이 (초)
        npm run rehearse -- --concurrency N              한 번에 N편씩 쓰는 하루
        npm run rehearse -- --batches                    배치로 쓰는 하루
        npm run rehearse -- --month                      한 달을 2분쯤으로 줄여 연습: 하루 상한, 밤에만 쓰기,
                                                         대신 쓰는 모델, 지출 한도, 되풀이된 강제 종료
        npm run rehearse -- --month --days N --seconds S N일, 쉬기만 하는 하루를 S초로
        npm run rehearse -- --keep                       성공해도 폴더를 남김
        npm run rehearse -- --root 폴더                  다른 곳에 있는 프로젝트를 연습
        npm run rehearse -- --real N                     내 설정과 내 API로 소설 N편 (비용이 듭니다)
종료 코드: 0 PASS, 1 FAIL, 2 옵션이나 설정이 잘못됨, 130 중단`;

/** How long a day is by default, in seconds: a storm has more faults to fit in. */
const DAY: Record<Weather, number> = { calm: 45, rough: 45, storm: 60 };

interface Context extends SessionOptions {
  terminal: Terminal;
}

/** @param process takes the signals, and answers whether to spend money */
export function createRehearseCommand(process: NodeJS.Process): Command {
  return defineCommand({
    usage: USAGE,
    options: {
      weather: { type: 'string' },
      seed: { type: 'string' },
      seconds: { type: 'string' },
      root: { type: 'string' },
      real: { type: 'string' },
      concurrency: { type: 'string' },
      batches: { type: 'boolean' },
      month: { type: 'boolean' },
      days: { type: 'string' },
      keep: { type: 'boolean' },
    },
    run: async (values, { root, typedIn, env, stderr }) => {
      const project = values.root === undefined ? root : resolve(typedIn, values.root);
      const act = chooseRun(values, process);
      const main = join(project, 'dist', 'main.js');
      if (!existsSync(main)) throw new UserError(`${main}이(가) 없습니다. 먼저 npm run build를 실행하세요`);
      const terminal = openTerminal(process.stdout, 'stream');
      const giveUp = listenForSignals(process);
      try {
        return (await act({ root: project, env, terminal, giveUp })) ? 0 : ExitCode.failed;
      } catch (error) {
        terminal.live('');
        if (giveUp.aborted) {
          stderr.write(`${giveUp.reason} 수신 - 중단했습니다. pm2와 워커는 끝냈습니다\n`);
          return ExitCode.aborted;
        }
        if (!(error instanceof RehearsalError)) throw error;
        stderr.write(`${error.message}\n`);
        return ExitCode.failed;
      } finally {
        await terminal.flush(SECOND);
      }
    },
  });
}

type Values = Partial<
  Record<'weather' | 'seed' | 'seconds' | 'real' | 'concurrency' | 'days', string> &
    Record<'keep' | 'batches' | 'month', boolean>
>;
/** @returns whether the rehearsal passed */
type Run = (context: Context) => Promise<boolean>;

/** @throws UsageError */
function chooseRun(values: Values, process: NodeJS.Process): Run {
  if (values.month === true) return monthRun(values);
  if (values.days !== undefined) throw new UsageError('--days는 --month와 함께 씁니다');
  return values.real === undefined ? weatherRun(values) : realRun(values, process);
}

const MONTH_DAYS = 30;
const MONTH_SECONDS = 4;

/** @throws UsageError */
function monthRun(values: Values): Run {
  refuseOthers('--month', values, ['weather', 'real', 'concurrency', 'batches']);
  const seed = seedOf(values);
  const days = values.days === undefined ? MONTH_DAYS : parseCount('--days', values.days, SHORTEST_MONTH);
  const secondsPerDay = values.seconds === undefined ? MONTH_SECONDS : parseSeconds(values.seconds);
  return async ({ terminal, ...session }) => {
    terminal.write(`한 달(${days}일), 시드 ${seed}, 쉬기만 하는 하루 ${secondsPerDay}초\n`);
    const onProgress = createMonthView(terminal);
    const result = await rehearseMonth({ ...session, seed, days, secondsPerDay, onProgress });
    terminal.live('');
    terminal.write(`\n${summaryOfMonth(result, seed)}`);
    await keepOrRemove(result, values, terminal);
    return result.passed;
  };
}

/** @throws UsageError */
function parseSeconds(text: string): number {
  const value = /^\d+(\.\d+)?$/.test(text) ? Number(text) : 0;
  if (value > 0) return value;
  throw new UsageError(`--seconds: 0보다 큰 수여야 합니다 (입력값: ${JSON.stringify(text)})`);
}

/** What is kept says where. */
async function keepOrRemove(
  { passed, folder }: { passed: boolean; folder: string },
  { keep }: Values,
  terminal: Terminal,
): Promise<void> {
  if (passed && keep !== true) await rm(folder, { recursive: true, force: true });
  else terminal.write(`폴더 ${folder}\n`);
}

function seedOf({ seed }: Values): number {
  return seed === undefined ? Math.floor(Math.random() * 1e6) : parseCount('--seed', seed, 0);
}

/** @throws UsageError */
function refuseOthers(option: string, values: Values, others: readonly (keyof Values)[]): void {
  const other = others.find((name) => values[name] !== undefined);
  if (other !== undefined) throw new UsageError(`${option}은 --${other}와 함께 쓸 수 없습니다`);
}

/** @throws UsageError */
function weatherRun(values: Values): Run {
  const weather = parseChoice('--weather', values.weather ?? 'storm', WEATHERS);
  const seed = seedOf(values);
  const seconds =
    values.seconds === undefined ? DAY[weather] : parseCount('--seconds', values.seconds, SHORTEST_DAY[weather]);
  const writing = writingOf(values);
  return async ({ terminal, ...session }) => {
    let onProgress = (_: RehearsalProgress) => {};
    const onDay = (scale: DayScale) => {
      const extended = scale.dayMs > seconds * SECOND ? ' (기계가 바빠 늘렸습니다)' : '';
      terminal.write(
        `${WEATHER_NAMES[weather]}(${weather}), 시드 ${seed}, 하루 ${scale.dayMs / SECOND}초${extended}\n`,
      );
      onProgress = createProgressView(terminal, scale);
    };
    const result = await rehearse({
      ...session,
      weather,
      seed,
      seconds,
      writing,
      onDay,
      onProgress: (each) => onProgress(each),
    });
    terminal.live('');
    terminal.write(`\n${summaryOf(result, seed)}`);
    await keepOrRemove(result, values, terminal);
    return result.passed;
  };
}

/** How many stories a batch of a rehearsed day has. */
const BATCH_SIZE = 4;

/** @throws UsageError */
function writingOf({ concurrency, batches }: Values): Writing {
  if (batches === true && concurrency !== undefined) {
    throw new UsageError('--batches는 --concurrency와 함께 쓸 수 없습니다');
  }
  const atOnce = concurrency === undefined ? 1 : parseCount('--concurrency', concurrency);
  return { concurrency: atOnce, batchSize: batches === true ? BATCH_SIZE : null };
}

/** @throws UsageError */
function realRun(values: Values, process: NodeJS.Process): Run {
  const stories = parseCount('--real', values.real ?? '');
  refuseOthers('--real', values, ['weather', 'seed', 'seconds', 'keep', 'concurrency', 'batches']);
  return async ({ terminal, ...session }) => {
    const plan = planReal({ ...session, stories });
    if (plan === null) {
      throw new UserError('API 키도 주소도 없습니다. ANTHROPIC_API_KEY나 ANTHROPIC_BASE_URL을 설정하세요');
    }
    terminal.write(`${describeOffer(plan)}\n`);
    if (process.stdin.isTTY && process.stdout.isTTY && !(await confirm(process, session.giveUp))) {
      terminal.write('그만둡니다. 아무것도 부르지 않았습니다\n');
      return false;
    }
    const result = await rehearseReal({ ...session, plan, onLine: (line) => terminal.write(`${line}\n`) });
    terminal.write(`\n${summaryOfReal(result)}`);
    return result.passed;
  };
}

async function confirm(process: NodeJS.Process, signal: AbortSignal): Promise<boolean> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    return /^\s*(y|yes|예|네)\s*$/i.test(await lines.question('계속할까요? [y/N] ', { signal }));
  } finally {
    lines.close();
  }
}

/** The first signal ends the rehearsal in good order, a second one at once. */
function listenForSignals(process: NodeJS.Process): AbortSignal {
  const { stopping, aborting, request } = createShutdown(() => performance.now());
  aborting.addEventListener('abort', () => process.exit(ExitCode.aborted));
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, request);
  return stopping;
}
