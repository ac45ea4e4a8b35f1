import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { summarize, type TrialResult, torture } from '../src/chaos/kill-test/kill-test.js';

// npm run torture -- [--trials N] [--seed S] [--parallel P] [--max-stories K] [--worker main.js] [--bail] [--json]
// Kills the real worker at random moments, and checks each time that nothing is lost, halved or paid for in silence. A
// trial that goes wrong keeps its folder; its seed plans the same kills again (--trials 1 --seed S), though when exactly
// they come is up to the scheduler.

const { values } = parseArgs({
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string' },
    parallel: { type: 'string', default: String(availableParallelism()) },
    'max-stories': { type: 'string', default: '4' },
    worker: { type: 'string', default: fileURLToPath(new URL('../dist/main.js', import.meta.url)) },
    bail: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

const options = {
  trials: count('trials', values.trials),
  seed: values.seed === undefined ? Math.floor(Math.random() * 1e9) : count('seed', values.seed),
  parallel: count('parallel', values.parallel),
  maxStories: count('max-stories', values['max-stories']),
  worker: values.worker,
  bail: values.bail,
};
if (!existsSync(options.worker)) fail(`${options.worker}이(가) 없습니다. 먼저 npm run build를 실행하세요`);

const started = performance.now();
const progressEvery = Math.max(1, Math.floor(options.trials / 20));
const progress = values.json ? process.stderr : process.stdout;
progress.write(`시드 ${options.seed}부터 ${options.trials}회, 한 번에 ${options.parallel}개\n`);
const results = await torture({
  ...options,
  onTrial: (result, done) => {
    for (const line of complaints(result)) progress.write(`${line}\n`);
    if (done % progressEvery === 0 || done === options.trials) {
      progress.write(`${done}/${options.trials} (${((performance.now() - started) / 1000).toFixed(0)}초)\n`);
    }
  },
});
const summary = summarize(results, performance.now() - started);
process.stdout.write(values.json ? `${JSON.stringify({ seed: options.seed, ...summary }, null, 2)}\n` : table());
process.exitCode = summary.violations === 0 ? 0 : 1;

function complaints({ seed, folder, violations }: TrialResult): string[] {
  if (violations.length === 0) return [];
  return [
    `시드 ${seed}: 어긋남 ${violations.length}건, 폴더 ${folder}`,
    ...violations.map(({ code, where, message }) => `  ${code} [${where}] ${message}`),
  ];
}

function table(): string {
  const met = Object.entries(summary.kills_met).sort(([, a], [, b]) => b - a);
  const rows: [string, string | number][] = [
    ['시험', summary.trials],
    ['강제 종료', summary.kills],
    ...met.map(([what, times]): [string, number] => [`  ${what}`, times]),
    ['프로세스', summary.lives],
    ['소설', summary.stories],
    ['따로 보관', summary.set_aside],
    ['끊긴 호출', summary.calls_lost_to_kills],
    ['  그중 다 받은 답', summary.answers_in_flight_at_a_kill],
    ['최종 통계 직전에 종료', summary.runs_killed_before_their_final_record],
    ['어긋남', summary.violations],
    ['걸린 시간', `${summary.seconds.toFixed(1)}초`],
  ];
  return rows.map(([name, value]) => `${name}\t${value}\n`).join('');
}

function count(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value) || value < (name === 'seed' ? 0 : 1)) fail(`--${name}: 자연수여야 합니다 (${text})`);
  return value;
}

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(2);
}
