import { randomBytes } from 'node:crypto';
import { fstatSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createAttempt } from './attempt.js';
import { type CommandLine, parseCommandLine, UsageProblem } from './cli.js';
import {
  ConfigProblem,
  chooseAuthor,
  FROM_SCHEMA,
  type Limits,
  type LoadedConfig,
  loadConfig,
  toLimits,
} from './config.js';
import { describeEnd, ExitCode, exitCodeOf, type RunEnd } from './ending.js';
import { describeConfig, helpText } from './help.js';
import { openLibrary } from './library.js';
import type { Log } from './log.js';
import { readModels } from './models.js';
import { createDeck, PremiseFileProblem, readCards } from './premise.js';
import { createProgress } from './progress.js';
import { createShutdown, type Shutdown } from './shutdown.js';
import { NOTHING_YET, toFields, toLines } from './statistics.js';
import { readTemplate, TemplateProblem } from './template.js';
import { fileTimestamp, formatDuration, SECOND, systemClock, systemRandom } from './time.js';
import { createWorker } from './worker.js';

// The composition root, and the one file that touches the process.

const ROOT = fileURLToPath(new URL('..', import.meta.url));

/** How long a reader of standard output may take for the last lines, in milliseconds. */
const FLUSH = 1000;

/** Stands wherever a model's name does, so that nobody takes the built-in author for Claude. */
const OFFLINE_MODEL = 'offline';

process.stderr.on('error', () => {
  // A closed terminal: there is nobody to tell, and that is no reason to end.
});

try {
  await main(parseCommandLine(process.argv.slice(2)));
} catch (error) {
  if (!isUserProblem(error)) throw error;
  const hint = error instanceof UsageProblem ? ' (옵션 목록: --help)' : '';
  process.stderr.write(`${error.message}${hint}\n`);
  process.exitCode = ExitCode.usage;
  // Under pm2 the channel to the daemon would keep the process alive.
  process.exit();
}

function isUserProblem(error: unknown): error is Error {
  return [UsageProblem, ConfigProblem, TemplateProblem, PremiseFileProblem].some((kind) => error instanceof kind);
}

async function main({ action, flags }: CommandLine): Promise<void> {
  if (action === 'help') return print(helpText());
  if (action === 'version') return print(`${version()}\n`);
  const loaded = loadConfig({ root: ROOT, env: process.env, flags });
  if (action === 'print-config') return print(describeConfig(loaded));
  await run(loaded);
}

function print(text: string): void {
  process.stdout.on('error', () => {
    // `--help | head -1`
  });
  process.stdout.write(text);
}

function version(): string {
  return (JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { version: string }).version;
}

async function run({ config, sources }: LoadedConfig): Promise<void> {
  // Whatever the settings name is read before anything is opened or called.
  const choice = chooseAuthor(config);
  const axes = readCards(join(ROOT, 'config', 'premises'));
  const template = config.template === null ? null : readTemplate(config.template);
  const models = readModels(join(ROOT, 'config', 'models.json'));
  const limits = toLimits(config);
  const startedAt = systemClock.now();
  const runId = `run_${fileTimestamp(startedAt)}_${randomBytes(3).toString('hex')}`;

  // Loaded only now, so that help and bad settings are answered at once.
  const [{ openTerminal }, { openLog }] = await Promise.all([import('./terminal.js'), import('./log.js')]);
  const terminal = openTerminal(process.stdout, fstatSync(process.stdout.fd).isFile() ? 'file' : 'stream');
  const log = await openLog({
    dir: config.logDir,
    level: config.logLevel,
    format: config.logFormat,
    maxSizeMb: config.logMaxSizeMb,
    keepFiles: config.logKeepFiles,
    terminal,
    secrets: [config.anthropicApiKey, config.anthropicAuthToken].flatMap((secret) => secret?.reveal() ?? []),
    bindings: { pid: process.pid, run_id: runId },
  });
  let statistics = () => NOTHING_YET;
  const finish = async (end: RunEnd): Promise<never> => {
    const runtimeMs = systemClock.now() - startedAt;
    const exitCode = exitCodeOf(end, config.completedExitCode);
    const lines = toLines(statistics(), runtimeMs, describeEnd(end, limits));
    log.always(
      { event: 'run_finished', reason: end.kind, exit_code: exitCode, ...toFields(statistics(), runtimeMs) },
      ['실행 완료 - 최종 통계', ...lines].join('\n  '),
    );
    // The record above is the last line, whatever still happens.
    log.close();
    await terminal.flush(FLUSH);
    // Under pm2 the channel to the daemon would keep the process alive.
    process.exit(exitCode);
  };
  const crash = (error: unknown) => {
    log.error({ event: 'uncaught', err: error }, '예상하지 못한 문제로 종료합니다');
    return finish({ kind: 'uncaught', error });
  };
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  const shutdown = createShutdown({
    now: systemClock.monotonic,
    onStopping: (source) =>
      log.info({ event: 'stop_requested', source }, `${source} 수신 - 현재 작업 완료 후 종료합니다`),
    onAborting: (source) =>
      log.warn({ event: 'abort_requested', source }, `${source} 다시 수신 - 쓰던 소설을 버리고 종료합니다`),
  });
  listen(shutdown, log);

  log.info(
    {
      event: 'run_started',
      version: version(),
      node: process.version,
      provider: choice.provider,
      // Secrets mask themselves.
      settings: config,
      sources: Object.fromEntries(Object.entries(sources).filter(([, source]) => source !== FROM_SCHEMA)),
    },
    `호러 소설 생성기를 시작합니다 - ${describeLimits(limits)}`,
  );
  const [{ createAuthor }, { startOfflineAuthor }] = await Promise.all([
    import('./author.js'),
    import('./offline/offline-author.js'),
  ]);
  const isOffline = choice.kind === 'offline';
  const model = isOffline ? OFFLINE_MODEL : config.model;
  const known = choice.provider === 'anthropic' ? (models.get(model) ?? null) : null;
  const offline = isOffline
    ? await startOfflineAuthor({ axes, random: systemRandom, charactersPerSecond: config.offlineCharactersPerSecond })
    : null;
  log.info(
    { event: 'author_chosen', provider: choice.provider, model },
    isOffline
      ? '작가: 내장 작가(offline) - API를 쓰지 않으며, Claude가 쓴 소설이 아닙니다. ANTHROPIC_API_KEY를 설정하면 Claude가 씁니다'
      : `작가: ${model} (${choice.provider})`,
  );
  const write = createAuthor({
    apiKey: isOffline ? null : (config.anthropicApiKey?.reveal() ?? null),
    authToken: isOffline ? null : (config.anthropicAuthToken?.reveal() ?? null),
    baseUrl: offline?.url ?? config.anthropicBaseUrl,
    model,
    maxTokens: config.maxTokens,
    temperature: config.temperature,
    streamThinking: known?.thinks === true,
    idleMs: config.requestIdleSeconds * SECOND,
    totalMs: config.requestTimeoutSeconds * SECOND,
    onSdkMessage: (text) => log.warn({ event: 'sdk_message' }, text),
  });
  const retry = { baseMs: config.retryBaseSeconds * SECOND, maxMs: config.retryMaxSeconds * SECOND };
  const shared = { clock: systemClock, random: systemRandom, log, ...shutdown };
  const attempt = createAttempt({
    ...shared,
    facts: {
      runId,
      provider: choice.provider,
      model,
      maxTokens: config.maxTokens,
      temperature: config.temperature,
      minCharacters: config.minStoryCharacters,
      template,
      request: config.request,
    },
    prices: known,
    axes,
    drawPremise: createDeck(axes, systemRandom),
    write,
    library: openLibrary(config.outputDir),
    progress: createProgress(terminal, log, systemClock, config.heartbeatSeconds * SECOND),
    holding: retry,
  });
  const worker = createWorker({ ...shared, limits, retry, attempt });
  statistics = worker.statistics;
  reportReady();
  await worker.run().then(finish, crash);
}

/** Signals, and pm2's message, in place of the default that would end the process at once. */
function listen({ request }: Shutdown, log: Log): void {
  process.on('SIGINT', () => request('SIGINT'));
  process.on('SIGTERM', () => request('SIGTERM'));
  process.on('SIGHUP', () => {
    // Node undoes nohup's protection. Without a terminal on standard output the night has to outlive its terminal.
    if (process.stdout.isTTY) request('SIGHUP');
    else log.info({ event: 'hangup_ignored' }, 'SIGHUP 수신 - 터미널 없이 실행 중이므로 계속합니다');
  });
  process.on('message', (message) => {
    if (message === 'shutdown') request('shutdown');
  });
}

/** Tells pm2 that the worker is up. */
function reportReady(): void {
  // The callback takes the place of an exception when the daemon is gone.
  if (process.connected) process.send?.('ready', undefined, undefined, () => {});
}

function describeLimits({ durationMs, maxStories, intervalMs }: Limits): string {
  const parts = [
    durationMs === null ? '시간 제한 없음' : `실행 시간 ${formatDuration(durationMs)}`,
    maxStories === null ? '개수 제한 없음' : `최대 ${maxStories}편`,
    `간격 ${formatDuration(intervalMs)}`,
  ];
  return parts.join(', ');
}
