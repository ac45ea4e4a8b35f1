// A preload for the worker (node --import): counts what it changes below OUTPUT_DIR, and lets it die, or lets the disk
// fail, at one of these operations.
//   CRASH_AT   which one, from 1; 0 tells of all, and lets them be
//   CRASH_HOW  before, after, half (of a write; others are done), fail (a write half done, then ENOSPC, once)
// What does not change anything that another process sees, such as a sync, is no operation: a SIGKILL leaves the
// system's cache alone.
import { existsSync, writeSync } from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { CRASH_AT, CRASH_HOW, OUTPUT_DIR = '' } = process.env;
let operations = 0;

/**
 * @param {string} what
 * @param {string} path
 * @param {() => Promise<unknown>} act
 * @param {(() => Promise<unknown>) | undefined} actHalf
 */
async function operation(what, path, act, actHalf) {
  operations += 1;
  if (CRASH_AT !== '0' && operations !== Number(CRASH_AT)) return act();
  // The one that waits for the process reads what it died of.
  writeSync(2, `${JSON.stringify({ number: operations, what, path })}\n`);
  if (CRASH_AT === '0') return act();
  switch (CRASH_HOW) {
    case 'before':
      die();
      break;
    case 'half':
      await (actHalf ?? act)();
      die();
      break;
    case 'after':
      await act();
      die();
      break;
    case 'fail':
      await actHalf?.();
      throw Object.assign(new Error(`ENOSPC: no space left on device, ${what} '${path}'`), { code: 'ENOSPC' });
  }
  return undefined;
}

function die() {
  process.kill(process.pid, 'SIGKILL');
}

const isOurs = (path) => String(path).startsWith(OUTPUT_DIR);

/** Replaces a function whose first argument is a path. @param changes does the call change anything? */
function replace(name, changes) {
  const real = fsPromises[name];
  fsPromises[name] = (path, ...rest) => {
    const act = () => real(path, ...rest);
    return isOurs(path) && changes(path, ...rest) ? operation(name, String(path), act) : act();
  };
}

replace('mkdir', (path) => !existsSync(path));
replace('rm', (path) => existsSync(path));
replace('rmdir', (path) => existsSync(path));
replace('rename', (path) => existsSync(path));
// Opening truncates or makes a file.
replace('open', (path, flags) => flags === 'w' || (flags !== 'r' && !existsSync(path)));

const open = fsPromises.open;
fsPromises.open = async (path, ...rest) => {
  const file = await open(path, ...rest);
  if (!isOurs(path)) return file;
  for (const name of ['writeFile', 'appendFile']) {
    const real = file[name].bind(file);
    file[name] = (data) => {
      const bytes = Buffer.from(data);
      const half = bytes.subarray(0, bytes.length >> 1);
      return operation(
        name,
        String(path),
        () => real(bytes),
        () => real(half),
      );
    };
  }
  const truncate = file.truncate.bind(file);
  file.truncate = (size) => operation('truncate', String(path), () => truncate(size));
  return file;
};

syncBuiltinESMExports();
