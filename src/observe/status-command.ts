import { loadConfig } from '../config/load.js';
import { defineCommand, UsageError } from '../lib/command-line.js';
import { UserError } from '../lib/errors.js';
import { HEALTH_CODES, healthOf, worstOf } from './health.js';
import { toPrometheus } from './prometheus.js';
import { describeStatus } from './status.js';
import { readStatuses } from './status-file.js';

/** `npm run status`: what the active runs are doing, or how the last run ended. Changes nothing. */
export const statusCommand = defineCommand({
  usage: `사용법: npm run status                         진행 중인 실행, 없으면 마지막 실행의 상태
        npm run status -- --json               같은 것을 JSON 배열로
        npm run status -- --check              감시용: 한 줄과 종료 코드로 답하기
        npm run status -- --prometheus         감시용: node exporter의 textfile collector 형식으로
        npm run status -- --output-dir 폴더    다른 소설 폴더의 상태
        npm run status -- --run-name 이름      그 이름의 실행만

--check의 종료 코드: 0 정상 · 3 진행 중인 작업자 없음 · 4 연속 실패 · 5 일시 정지 · 6 소식 없음 (멈췄거나 강제 종료됨)`,
  options: {
    json: { type: 'boolean' },
    check: { type: 'boolean' },
    prometheus: { type: 'boolean' },
    'output-dir': { type: 'string' },
    'run-name': { type: 'string' },
  },
  run: async (values, { root, env, now, stdout }) => {
    const { json = false, check = false, prometheus = false, 'output-dir': outputDir, 'run-name': runName } = values;
    if ([json, check, prometheus].filter(Boolean).length > 1) {
      throw new UsageError('--json, --check, --prometheus는 하나만 쓸 수 있습니다');
    }
    const { config } = loadConfig({ root, env, flags: outputDir === undefined ? {} : { outputDir } });
    const statuses = await readStatuses(config.outputDir, runName ?? null);
    const at = now();
    const checked = statuses.map((status) => ({ status, health: healthOf(status, at, config.notifyFailures) }));
    if (prometheus) {
      stdout.write(toPrometheus(checked, runName ?? config.runName ?? 'default'));
      return 0;
    }
    const missing = `실행 기록이 없습니다: ${config.outputDir}`;
    if (check) {
      const worst = worstOf(checked.map(({ health }) => health));
      stdout.write(`${worst?.message ?? missing}\n`);
      return HEALTH_CODES[worst?.state ?? 'none'];
    }
    if (statuses.length === 0) throw new UserError(missing);
    const texts = statuses.map((status) => describeStatus(status, at));
    stdout.write(`${json ? JSON.stringify(statuses, null, 2) : texts.join('\n\n')}\n`);
    return 0;
  },
});
