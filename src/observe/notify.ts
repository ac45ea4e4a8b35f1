import { type ChildProcess, spawn } from 'node:child_process';
import { secretsAmong } from '../lib/redact.js';
import type { Logger } from '../logging/logger.js';
import type { Status } from './status.js';

// The user's own command, told of what a person may want to know at once. Loaded only when there is one.

/** What the command reads from its standard input, as one line of JSON. */
export interface Notification {
  event: 'run_ended' | 'cap_near' | 'failures';
  /** Korean, one line. */
  message: string;
  /** null when the run could not even begin. */
  run_id: string | null;
  /** Of an end: the final record's reason. */
  reason?: string;
  exit_code?: number | null;
  status: Status | null;
}

export interface Notifier {
  /** Runs the command beside the run. */
  send(notification: Notification): void;
  /** The last one: resolves when it and all others have ended, or their time is up. Never rejects. */
  sendLast(notification: Notification): Promise<void>;
}

export interface NotifierOptions {
  /** For the shell. */
  command: string;
  /** Where it runs. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Variables that hold one of these are not passed on; placeholders among them hide nothing. */
  secrets: readonly string[];
  log: Logger;
  /** Takes what can no longer go to the log, which ends with the statistics. */
  writeStderr: (text: string) => void;
  /** From here on nobody wants to wait. */
  forceSignal: AbortSignal;
}

/** How long the command may take, in milliseconds; and how long still, once the run is forced to end. */
const LIMIT = 10_000;
const LIMIT_FORCED = 1000;

/** How much of what a command that failed has said is kept, in characters. */
const SAID = 300;

const KEYS = new Set(['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN']);

export function openNotifier(options: NotifierOptions): Notifier {
  const { log, writeStderr } = options;
  const env = withoutSecrets(options.env, options.secrets);
  const running = new Set<Promise<void>>();
  let last = false;

  const send = (notification: Notification) => {
    const run = runNotifyCommand({ ...options, env }, `${JSON.stringify(notification)}\n`).then((problem) => {
      running.delete(run);
      if (problem === null) return;
      const message = `알림 명령이 실패했습니다 (${notification.event}): ${problem}`;
      if (last) writeStderr(`${message}\n`);
      else log.warn({ event: 'notify_failed', of: notification.event, problem }, message);
    });
    running.add(run);
  };
  return {
    send,
    sendLast: async (notification) => {
      last = true;
      send(notification);
      await Promise.all(running);
    },
  };
}

function withoutSecrets(env: NodeJS.ProcessEnv, secrets: readonly string[]): NodeJS.ProcessEnv {
  const telling = secretsAmong(secrets);
  const isSecret = ([name, value]: [string, string | undefined]) =>
    KEYS.has(name) || telling.some((secret) => value?.includes(secret));
  return Object.fromEntries(Object.entries(env).filter((variable) => !isSecret(variable)));
}

/** @returns what went wrong, in Korean; null when the command ended with 0 in time */
function runNotifyCommand(
  { command, cwd, env, forceSignal }: Pick<NotifierOptions, 'command' | 'cwd' | 'env' | 'forceSignal'>,
  input: string,
): Promise<string | null> {
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // In a process group of its own, which can be ended as a whole, and which a Ctrl+C in the terminal does not reach.
      child = spawn(command, { shell: true, detached: true, cwd, env, stdio: ['pipe', 'ignore', 'pipe'] });
    } catch (error) {
      return resolve((error as Error).message);
    }
    let said = '';
    const finish = (problem: string | null) => {
      clearTimeout(timer);
      forceSignal.removeEventListener('abort', shorten);
      resolve(problem);
    };
    const giveUp = () => {
      endGroup(child);
      finish('제한 시간 안에 끝나지 않아 중단했습니다');
    };
    const shorten = () => {
      clearTimeout(timer);
      timer = setTimeout(giveUp, LIMIT_FORCED);
    };
    let timer = setTimeout(giveUp, forceSignal.aborted ? LIMIT_FORCED : LIMIT);
    forceSignal.addEventListener('abort', shorten, { once: true });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(0, SAID);
    });
    child.on('error', ({ message }) => finish(message));
    // What it has left in the background may keep its output open; only a failure waits for what is still to come.
    child.on('exit', (code) => {
      if (code === 0) finish(null);
    });
    child.on('close', (code, signal) =>
      finish(`${describeExit(code, signal)}${said === '' ? '' : ` - ${said.trim()}`}`),
    );
    // A command that does not read.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `종료 코드 ${code}` : `${signal}로 끝남`;
}

function endGroup({ pid }: ChildProcess): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // Gone in this moment.
  }
}
