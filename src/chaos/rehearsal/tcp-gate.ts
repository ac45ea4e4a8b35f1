import { type AddressInfo, connect, createServer, type Socket } from 'node:net';

// The way to the endpoint: an address that stays the same, and that can be closed for a while.

/** A port of its own before another one. */
export interface Gate {
  /** `http://127.0.0.1:<port>`. */
  url: string;
  /** From now on connections are refused. Those in use go on to the end of what they carry. */
  shut(): Promise<void>;
  open(): Promise<void>;
  close(): Promise<void>;
}

/** A connection without a byte for so long, in milliseconds, carries nothing. */
const QUIET = 100;

/** @param target the address that connections are passed on to */
export async function openGate(target: string): Promise<Gate> {
  const { port: targetPort } = new URL(target);
  /** When each connection had its last byte. */
  const active = new Map<Socket, number>();
  const server = createServer((client) => {
    const onward = connect(Number(targetPort), '127.0.0.1');
    const touch = () => active.set(client, performance.now());
    const end = () => {
      active.delete(client);
      client.destroy();
      onward.destroy();
    };
    touch();
    client.on('data', touch).on('error', end).on('close', end).pipe(onward);
    // What has come from there still goes on: `pipe` ends the client after it.
    onward.on('data', touch).on('error', end).pipe(client);
    onward.setNoDelay(true);
    client.setNoDelay(true);
  });
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(port, '127.0.0.1', () => {
        server.removeListener('error', reject);
        resolve();
      });
    });
  const stop = () => new Promise<void>((resolve) => server.close(() => resolve()));
  const endQuiet = () => {
    for (const [client, at] of active) if (performance.now() - at >= QUIET) client.destroy();
  };
  await listen(0);
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    open: () => listen(port),
    shut: async () => {
      const stopped = stop();
      // In an immediate: by then all that had arrived is passed on, also when this process was held up.
      const timer = setInterval(() => setImmediate(endQuiet), QUIET / 4);
      await stopped;
      clearInterval(timer);
    },
    close: async () => {
      const stopped = server.listening ? stop() : Promise.resolve();
      for (const client of active.keys()) client.destroy();
      await stopped;
    },
  };
}
