import { type ChildProcess, spawn } from 'node:child_process';

// One run of the user's command.

/** How much of what a failed command printed is kept, in characters. */
const MOST_PRINTED = 300;

export interface NotifyCommandOptions {
  /** For the shell. */
  command: string;
  /** Where it runs. */
  cwd: string;
  env: NodeJS.ProcessEnv;
  /** Its standard input. */
  input: string;
  /** How long it may take, in milliseconds. */
  limitMs: number;
  /** How long it may still take once the run is forced to end, in milliseconds. */
  forcedLimitMs: number;
  forceSignal: AbortSignal;
  /** Ends the command at once. */
  giveUp: AbortSignal;
}

const TOOK_TOO_LONG = '제한 시간 안에 끝나지 않아 중단했습니다';

/** @returns what went wrong, in Korean; null when the command ended with 0 in time. Never rejects */
export function runNotifyCommand(options: NotifyCommandOptions): Promise<string | null> {
  const { command, cwd, env, input, limitMs, forcedLimitMs, forceSignal, giveUp } = options;
  return new Promise((resolve) => {
    let child: ChildProcess;
    try {
      // In a process group of its own, which can be ended as a whole, and which a Ctrl+C in the terminal does not reach.
      // Windows has no groups, and would open a window for it.
      const detached = process.platform !== 'win32';
      child = spawn(command, { shell: true, detached, windowsHide: true, cwd, env, stdio: ['pipe', 'ignore', 'pipe'] });
    } catch (error) {
      return resolve((error as Error).message);
    }
    let printed = '';
    const finish = (problem: string | null) => {
      clearTimeout(timer);
      forceSignal.removeEventListener('abort', shorten);
      giveUp.removeEventListener('abort', end);
      resolve(problem);
    };
    const end = () => {
      endGroup(child);
      finish(TOOK_TOO_LONG);
    };
    const shorten = () => {
      clearTimeout(timer);
      timer = setTimeout(end, forcedLimitMs);
    };
    let timer = setTimeout(end, forceSignal.aborted ? forcedLimitMs : limitMs);
    forceSignal.addEventListener('abort', shorten, { once: true });
    giveUp.addEventListener('abort', end, { once: true });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      printed = (printed + text).slice(0, MOST_PRINTED);
    });
    child.on('error', ({ message }) => finish(message));
    // What it has left in the background may keep its output open; only a failure waits for what is still to come.
    child.on('exit', (code) => {
      if (code === 0) finish(null);
    });
    child.on('close', (code, signal) =>
      finish(`${describeExit(code, signal)}${printed === '' ? '' : ` - ${printed.trim()}`}`),
    );
    // A command that does not read.
    child.stdin?.on('error', () => {});
    child.stdin?.end(input);
  });
}

function describeExit(code: number | null, signal: NodeJS.Signals | null): string {
  return signal === null ? `종료 코드 ${code}` : `${signal}로 끝남`;
}

function endGroup(child: ChildProcess): void {
  if (child.pid === undefined) return;
  try {
    if (process.platform === 'win32') child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch {
    // It ended in this moment.
  }
}
