import { type ChildProcess, fork } from 'node:child_process';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';

// The endpoint's process, as the bench sees it.

export type ToEndpoint = { kind: 'begin'; holds: readonly number[] } | { kind: 'release' } | { kind: 'report' };

export type FromEndpoint =
  | { kind: 'listening'; url: string }
  | { kind: 'begun' }
  | { kind: 'held'; number: number }
  | { kind: 'arrivals'; at: number[] };

export interface RemoteEndpoint {
  url: string;
  /**
   * Counts requests from 1 again.
   * @param holds the numbers of the requests that are not answered before they are released
   */
  begin(holds?: readonly number[]): Promise<void>;
  /** Resolves when a request is held. */
  held(number: number): Promise<void>;
  release(): void;
  /** When each request since the beginning came, in milliseconds of `monotonicMs`. */
  arrivals(): Promise<number[]>;
  close(): Promise<void>;
}

/** Starts the endpoint in a process of its own, that ends with this one at the latest. */
export async function startRemoteEndpoint(): Promise<RemoteEndpoint> {
  const path = fileURLToPath(new URL('./endpoint-process.ts', import.meta.url));
  const child = fork(path, {
    // Where tsx is found.
    cwd: dirname(path),
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const { url } = await next(child, 'listening');
  return {
    url,
    begin: async (holds = []) => {
      const begun = next(child, 'begun');
      tell({ kind: 'begin', holds });
      await begun;
    },
    held: async (number) => {
      while ((await next(child, 'held')).number !== number);
    },
    release: () => tell({ kind: 'release' }),
    arrivals: async () => {
      const answer = next(child, 'arrivals');
      tell({ kind: 'report' });
      return (await answer).at;
    },
    close: async () => {
      child.kill('SIGKILL');
      await gone;
    },
  };

  function tell(message: ToEndpoint): void {
    child.send(message);
  }
}

type Kind = FromEndpoint['kind'];

/** The next message of a kind. Rejects when the process ends before. */
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
