import { secretsAmong } from '../lib/redact.js';
import type { Logger } from '../logging/logger.js';
import type { Notification } from './notifications.js';
import { runNotifyCommand } from './notify-command.js';

// The user's own command, told of what they asked to know. Loaded only when there is one.

export interface Notifier {
  /** Runs the command beside the run, after those that were sent before. */
  send(notification: Notification): void;
  /**
   * Sends the last one, if there is one to send, and nothing after it.
   * @returns a promise that resolves when all have been delivered, or their time is up; never rejects
   */
  finish(last: Notification | null): Promise<void>;
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
  /** Aborted when the end is forced: the command then has little time left. */
  forceSignal: AbortSignal;
}

/** How long the command may take, in milliseconds; and how long still, once the run is forced to end. */
const LIMIT = 10_000;
const FORCED_LIMIT = 1000;

/** How much of that limit the end of a run waits for what was sent before it, in milliseconds. */
const LIMIT_OF_EARLIER = 5000;

/** The most notifications that wait for the command. Beyond that, the oldest is dropped. */
const MOST_WAITING = 100;

const KEYS = new Set(['ANTHROPIC_API_KEY', 'ANTHROPIC_AUTH_TOKEN']);

/**
 * Hands notifications to the command, one after the other in the order in which they were sent. The run never waits for
 * it: what the command is too slow for waits in memory, up to a bound, and of heartbeats only the latest. At the end of a
 * run what still waits shares half of the time that the end has, and the last notification is delivered in any case.
 */
export function openNotifier(options: NotifierOptions): Notifier {
  const { log, writeStderr, forceSignal } = options;
  const env = withoutSecrets(options.env, options.secrets);
  const stopEarlier = new AbortController();
  let waiting: Notification[] = [];
  let delivering: Promise<void> | null = null;
  let isEnding = false;
  let hasWarned = false;

  return {
    send: (notification) => {
      if (isEnding) return;
      if (notification.event === 'heartbeat') waiting = waiting.filter(({ event }) => event !== 'heartbeat');
      waiting.push(notification);
      if (waiting.length > MOST_WAITING) dropOldest();
      delivering ??= deliverWaiting();
    },
    finish: async (last) => {
      isEnding = true;
      const begunAt = performance.now();
      await finishEarlier();
      if (last === null) return;
      const limitMs = Math.max(LIMIT - LIMIT_OF_EARLIER, LIMIT - (performance.now() - begunAt));
      await deliver(last, limitMs, new AbortController().signal);
    },
  };

  async function deliverWaiting(): Promise<void> {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      await deliver(next, LIMIT, stopEarlier.signal);
    }
    delivering = null;
    hasWarned = false;
  }

  async function deliver(notification: Notification, limitMs: number, giveUp: AbortSignal): Promise<void> {
    const { command, cwd } = options;
    const problem = await runNotifyCommand({
      ...{ command, cwd, env: { ...env, ...variablesOf(notification) } },
      input: `${JSON.stringify(notification)}\n`,
      ...{ limitMs, forcedLimitMs: FORCED_LIMIT, forceSignal, giveUp },
    });
    if (problem === null) return;
    const { event } = notification;
    const message = `알림 명령이 실패했습니다 (${event}): ${problem}`;
    if (isEnding) writeStderr(`${message}\n`);
    else log.warn({ event: 'notify_failed', of: event, problem }, message);
  }

  function dropOldest(): void {
    const dropped = waiting.shift();
    // Once until the command has caught up.
    if (hasWarned) return;
    hasWarned = true;
    log.warn(
      { event: 'notify_dropped', of: dropped?.event, waiting: waiting.length },
      `알림 명령이 느려 오래된 알림을 버립니다 (${waiting.length}건이 기다리는 중)`,
    );
  }

  /** Waits for what was sent before the last notification, for as long as the end has for it. */
  async function finishEarlier(): Promise<void> {
    if (delivering === null) return;
    const stop = () => {
      const left = waiting.length;
      waiting = [];
      stopEarlier.abort();
      if (left > 0) writeStderr(`실행이 끝나 알림 ${left}건을 보내지 않습니다\n`);
    };
    const timer = setTimeout(stop, LIMIT_OF_EARLIER);
    forceSignal.addEventListener('abort', stop, { once: true });
    if (forceSignal.aborted) stop();
    await delivering;
    clearTimeout(timer);
    forceSignal.removeEventListener('abort', stop);
  }
}

function withoutSecrets(env: NodeJS.ProcessEnv, secrets: readonly string[]): NodeJS.ProcessEnv {
  const telling = secretsAmong(secrets);
  const isSecret = ([name, value]: [string, string | undefined]) =>
    KEYS.has(name) || telling.some((secret) => value?.includes(secret));
  return Object.fromEntries(Object.entries(env).filter((variable) => !isSecret(variable)));
}

/** How long such a variable may be, in UTF-16 units: systems start no program whose variables are too long. */
const LONGEST_VARIABLE = 4000;

/** The parts that a short command needs, for shells that cannot read JSON. */
function variablesOf({ event, message, story }: Notification): NodeJS.ProcessEnv {
  const variables = {
    NOTIFICATION_EVENT: event,
    NOTIFICATION_MESSAGE: message,
    NOTIFICATION_STORY_TITLE: story?.title ?? '',
    NOTIFICATION_STORY_FILE: story?.markdown_path ?? '',
    NOTIFICATION_STORY_METADATA_FILE: story?.metadata_path ?? '',
  };
  // No variable can hold a zero character.
  const fit = (value: string) => value.replaceAll('\0', '').slice(0, LONGEST_VARIABLE);
  return Object.fromEntries(Object.entries(variables).map(([name, value]) => [name, fit(value)]));
}
