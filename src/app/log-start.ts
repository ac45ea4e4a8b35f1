import { FROM_SCHEMA, type LoadedConfig } from '../config/load.js';
import type { Plan } from '../config/run-plan.js';
import { formatDuration } from '../lib/format-time.js';
import { version } from '../lib/project.js';
import type { Logger } from '../logging/logger.js';
import type { Limits } from '../run/end-reason.js';
import type { Shutdown } from '../worker/shutdown.js';

// The records with which every process begins, and those of requests to stop.

export interface StartFacts {
  loaded: LoadedConfig;
  plan: Plan;
  /** Whether stories grow in a live line on a terminal; elsewhere they grow in the log. */
  isLive: boolean;
}

/**
 * Logs the first record of a process, also of one that was told to stop before it had a log, and what of the settings
 * has no effect.
 */
export function announceStart({ loaded, plan, isLive }: StartFacts, log: Logger): void {
  const { config, sources, warnings } = loaded;
  const { author, model, limits } = plan;
  log.info(
    {
      event: 'worker_started',
      version: version(),
      node: process.version,
      provider: author.provider,
      model,
      terminal: isLive,
      // Secrets mask themselves.
      settings: config,
      sources: Object.fromEntries(Object.entries(sources).filter(([, source]) => source !== FROM_SCHEMA)),
    },
    `호러 소설 생성기를 시작합니다 - ${describeLimits(limits)}`,
  );
  for (const warning of warnings) log.warn({ event: 'setting_ignored' }, warning);
}

/** Logs who writes. @param setting the user's AUTHOR */
export function announceAuthor(plan: Plan, setting: string, log: Logger): void {
  const { author, model } = plan;
  log.info({ event: 'author_chosen', provider: author.provider, model }, describeAuthor(plan, setting));
}

function describeAuthor({ author, model }: Plan, setting: string): string {
  if (author.kind !== 'offline') return `작가: ${model} (${author.provider})`;
  const advice = setting === 'offline' ? 'AUTHOR=auto로 바꾸고 ANTHROPIC_API_KEY를' : 'ANTHROPIC_API_KEY를';
  return `작가: 내장 작가(offline) - API를 쓰지 않으며, Claude가 쓴 소설이 아닙니다. ${advice} 설정하면 Claude가 씁니다`;
}

function describeLimits({ durationMs, maxStories, intervalMs }: Limits): string {
  const parts = [
    durationMs === null ? '시간 제한 없음' : `실행 시간 ${formatDuration(durationMs)}`,
    maxStories === null ? '개수 제한 없음' : `최대 ${maxStories}편`,
    `간격 ${formatDuration(intervalMs)}`,
  ];
  return parts.join(', ');
}

/** Logs requests to stop as they come, and at once those that came before there was a log. */
export function announceShutdown({ stopping, aborting }: Shutdown, log: Logger): void {
  whenAborted(stopping, (source) =>
    log.info({ event: 'stop_requested', source }, `${source} 수신 - 현재 작업 완료 후 종료합니다`),
  );
  whenAborted(aborting, (source) =>
    log.warn({ event: 'abort_requested', source }, `${source} 다시 수신 - 쓰던 소설을 버리고 종료합니다`),
  );
  process.on('SIGHUP', () => {
    if (!stopping.aborted) log.info({ event: 'hangup_ignored' }, 'SIGHUP 수신 - 터미널 없이 실행 중이므로 계속합니다');
  });
}

function whenAborted(signal: AbortSignal, act: (source: unknown) => void): void {
  if (signal.aborted) act(signal.reason);
  else signal.addEventListener('abort', () => act(signal.reason), { once: true });
}
