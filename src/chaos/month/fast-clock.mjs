// A preload for the worker (node --import): a clock on which work takes as long as it takes, and every wait passes
// quickly. Timers of calls, sockets and the log stay real, so that a limit of a minute is one.
//   REHEARSAL_TIME  the file in which the time stands, shared with the rehearsal; see shared-time.ts
import fs, { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { REHEARSAL_TIME, pm_exec_path: program = '' } = process.env;
// pm2's own processes have the variable, too.
if (REHEARSAL_TIME !== undefined && /dist.main\.js$/.test(program)) install(REHEARSAL_TIME);

/** How often a wait looks whether it is braked, in milliseconds. */
const LOOK_AGAIN = 20;

/** @param {string} path */
function install(path) {
  const RealDate = Date;
  const real = () => Number(process.hrtime.bigint()) / 1e6;
  let time = JSON.parse(readFileSync(path, 'utf8'));
  const { waitRate } = time;
  const sleepers = new Set();
  const isBraked = () => existsSync(`${path}.brake`);

  const now = () => Math.min(time.until ?? Number.POSITIVE_INFINITY, time.at + (real() - time.real) * time.rate);
  const wholeNow = () => Math.floor(now());

  /** Time runs fast while somebody sleeps, and stops at the end of the sleep until that is noticed. */
  const setRate = () => {
    const at = now();
    const until = sleepers.size === 0 ? null : Math.min(...[...sleepers].map(({ end }) => end));
    time = { at, real: real(), rate: until === null || isBraked() ? 1 : waitRate, until, waitRate };
    // A reader finds the old time or the new one.
    writeFileSync(`${path}.new`, JSON.stringify(time));
    renameSync(`${path}.new`, path);
  };
  setRate();

  const startedAt = now();
  globalThis[Symbol.for('horror-story-worker.clock')] = {
    now: wholeNow,
    monotonic: () => now() - startedAt,
    sleep: (ms, signal) =>
      new Promise((resolve) => {
        if (signal.aborted) return resolve(false);
        const sleeper = { end: now() + ms };
        let timer;
        const finish = (whole) => {
          clearTimeout(timer);
          signal.removeEventListener('abort', wake);
          sleepers.delete(sleeper);
          setRate();
          resolve(whole);
        };
        const wake = () => finish(false);
        const arm = () => {
          const left = sleeper.end - now();
          // A fraction of a millisecond is lost in sums.
          if (left < 0.01) return finish(true);
          if ((time.rate === 1) !== isBraked()) setRate();
          timer = setTimeout(arm, Math.min(Math.ceil(left / time.rate), LOOK_AGAIN));
        };
        signal.addEventListener('abort', wake, { once: true });
        sleepers.add(sleeper);
        setRate();
        arm();
      }),
  };

  globalThis.Date = new Proxy(RealDate, {
    construct: (target, args, newTarget) => Reflect.construct(target, args.length === 0 ? [now()] : args, newTarget),
    apply: () => new RealDate(now()).toString(),
    get: (target, key) => (key === 'now' ? wholeNow : Reflect.get(target, key)),
  });

  // The file system's clock is the real one. Ledgers are written all the time.
  const { statSync } = fs;
  fs.statSync = (file, ...rest) => {
    const stats = statSync(file, ...rest);
    return /\.runs.[^/\\]+\.jsonl$/.test(String(file)) ? Object.assign(stats, { mtimeMs: now() }) : stats;
  };
  syncBuiltinESMExports();
}
