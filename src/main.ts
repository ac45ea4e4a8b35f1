import { setFlagsFromString } from 'node:v8';
import { createShutdown } from './worker/shutdown.js';

// The process. Signals are heard before anything else is loaded: whoever tells a worker to stop while it starts must
// not see it killed, nor, under pm2, started again.

const shutdown = createShutdown(() => performance.now());

process.on('SIGINT', () => shutdown.request('SIGINT'));
process.on('SIGTERM', () => shutdown.request('SIGTERM'));
process.on('SIGHUP', () => {
  // Node undoes nohup's protection. Without a terminal on standard output the night has to outlive its terminal.
  if (process.stdout.isTTY) shutdown.request('SIGHUP');
});
process.on('message', (message) => {
  if (message === 'shutdown') shutdown.request('shutdown');
});
process.stderr.on('error', () => {
  // A closed terminal: there is nobody to tell, and that is no reason to end.
});

// fetch reads HTTP with a WebAssembly module. Compiling it a second time, optimized, takes 0.1 s of processor time and
// 8 MB that stay (Node 20 and 24), for answers that come a few bytes at a time.
setFlagsFromString('--no-wasm-tier-up --no-wasm-dynamic-tiering');

const { runCommand } = await import('./cli/dispatch.js');
await runCommand(process.argv.slice(2), shutdown);
