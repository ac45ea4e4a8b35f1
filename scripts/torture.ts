import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { runKillTest, summarize, type TrialResult } from '../src/chaos/kill-test/kill-test.js';
import { defineCommand, parseCount, runScript } from '../src/lib/command-line.js';
import { ExitCode, UserError } from '../src/lib/errors.js';

// npm run torture: kills the real worker at random moments, and checks each time that nothing is lost, halved or paid for
// in silence. A trial that fails keeps its folder; its seed plans the same kills again (--trials 1 --seed S), though when
// exactly they come is up to the scheduler.

const torture = defineCommand({
  usage: `사용법: npm run torture                        워커를 아무 때나 강제 종료하는 시험 100회
        npm run torture -- --trials N          시험의 수
        npm run torture -- --seed S            첫 시험의 시드 (같은 시드는 같은 계획)
        npm run torture -- --parallel P        한 번에 P개씩
        npm run torture -- --max-stories K     시험마다 소설 K편까지
        npm run torture -- --worker main.js    다른 빌드를 시험
        npm run torture -- --bail              처음 어긋나면 그만
        npm run -s torture -- --json           결과를 JSON 객체 하나로
종료 코드: 0 모두 지켜짐, 1 어긋남이 있음, 2 옵션이 잘못됨`,
  options: {
    trials: { type: 'string', default: '100' },
    seed: { type: 'string', default: String(Math.floor(Math.random() * 1e9)) },
    parallel: { type: 'string', default: String(availableParallelism()) },
    'max-stories': { type: 'string', default: '4' },
    worker: { type: 'string' },
    bail: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
  run: async (values, { root, typedIn, stdout, stderr }) => {
    const options = {
      trials: parseCount('--trials', values.trials),
      seed: parseCount('--seed', values.seed, 0),
      parallel: parseCount('--parallel', values.parallel),
      maxStories: parseCount('--max-stories', values['max-stories']),
      worker: values.worker === undefined ? join(root, 'dist', 'main.js') : resolve(typedIn, values.worker),
      bail: values.bail,
    };
    const { trials, seed, parallel, worker } = options;
    if (!existsSync(worker)) throw new UserError(`${worker}이(가) 없습니다. 먼저 npm run build를 실행하세요`);
    const started = performance.now();
    const progressEvery = Math.max(1, Math.floor(trials / 20));
    const progress = values.json ? stderr : stdout;
    progress.write(`시드 ${seed}부터 ${trials}회, 한 번에 ${parallel}개\n`);
    const results = await runKillTest({
      ...options,
      onTrial: (result, done) => {
        progress.write(describeFailure(result));
        if (done % progressEvery === 0 || done === trials) {
          progress.write(`${done}/${trials} (${((performance.now() - started) / 1000).toFixed(0)}초)\n`);
        }
      },
    });
    const summary = summarize(results, performance.now() - started);
    stdout.write(values.json ? `${JSON.stringify({ seed, ...summary }, null, 2)}\n` : toTable(summary));
    return summary.violations === 0 ? 0 : ExitCode.failed;
  },
});

await runScript(torture, process);

function describeFailure({ seed, folder, violations }: TrialResult): string {
  if (violations.length === 0) return '';
  const lines = violations.map(({ code, where, message }) => `  ${code} [${where}] ${message}\n`);
  return `시드 ${seed}: 어긋남 ${violations.length}건, 폴더 ${folder}\n${lines.join('')}`;
}

function toTable(summary: ReturnType<typeof summarize>): string {
  const phases = Object.entries(summary.kills_met).sort(([, a], [, b]) => b - a);
  const rows: [string, string | number][] = [
    ['시험', summary.trials],
    ['  한꺼번에 여러 편', summary.trials_at_once],
    ['    가장 많을 때', summary.most_at_once],
    ['  배치', summary.trials_in_batches],
    ['  토큰 상한', summary.trials_with_a_cap],
    ['  거절만', summary.trials_of_rejections],
    ['강제 종료', summary.kills],
    ...phases.map(([phase, times]): [string, number] => [`  ${phase}`, times]),
    ['프로세스', summary.lives],
    ['배치 생성', summary.batches],
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
