import { type ChildProcess, fork } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// The benchmark's side of the endpoint, which runs in a process of its own so that it takes no processor time from the
// measured process.

export type ToEndpoint =
  | { kind: 'begin'; holds: readonly number[]; delayMs: number }
  | { kind: 'release' }
  | { kind: 'report' };

export type FromEndpoint =
  | { kind: 'listening'; url: string }
  | { kind: 'begun' }
  | { kind: 'held'; number: number }
  | { kind: 'arrivals'; at: number[] };

export interface EndpointClient {
  url: string;
  /**
   * Starts to count requests at 1 again.
   * @param holds the numbers of the requests that wait for `release` before they are answered
   * @param delayMs how long each answer takes to begin; default 0
   */
  begin(holds?: readonly number[], delayMs?: number): Promise<void>;
  /** Resolves when the request of that number waits for `release`. */
  held(number: number): Promise<void>;
  release(): void;
  /** The arrival time of each request since `begin`, in milliseconds of `monotonicMs`. */
  arrivals(): Promise<number[]>;
  close(): Promise<void>;
}

/** Starts the endpoint in a process of its own, which ends with this process at the latest. */
export async function startEndpointProcess(): Promise<EndpointClient> {
  const path = fileURLToPath(new URL('./endpoint-process.ts', import.meta.url));
  const child = fork(path, {
    // The folder in which Node can resolve tsx.
    cwd: dirname(path),
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { url } = await next(child, 'listening');
  return {
    url,
    begin: async (holds = [], delayMs = 0) => {
      const begun = next(child, 'begun');
      send({ kind: 'begin', holds, delayMs });
      await begun;
    },
    held: async (number) => {
      while ((await next(child, 'held')).number !== number);
    },
    release: () => send({ kind: 'release' }),
    arrivals: async () => {
      const answer = next(child, 'arrivals');
      send({ kind: 'report' });
      return (await answer).at;
    },
    close: async () => {
      child.kill('SIGKILL');
      await exited;
    },
  };

  function send(message: ToEndpoint): void {
    child.send(message);
  }
}

type Kind = FromEndpoint['kind'];

/** The next message of a kind. Rejects when the process ends first. */
function next<K extends Kind>(child: ChildProcess, kind: K): Promise<Extract<FromEndpoint, { kind: K }>> {
  return new Promise((resolve, reject) => {
    const onMessage = (message: FromEndpoint) => {
      if (message.kind !== kind) return;
      stop();
      resolve(message as Extract<FromEndpoint, { kind: K }>);
    };
    const onExit = () => {
      stop();
      reject(new Error('the endpoint has ended'));
    };
    const stop = () => {
      child.off('message', onMessage);
      child.off('exit', onExit);
    };
    child.on('message', onMessage);
    child.on('exit', onExit);
  });
}
