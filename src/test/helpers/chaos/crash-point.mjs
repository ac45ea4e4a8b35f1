// A preload for the worker (node --import): counts what it changes below OUTPUT_DIR, and lets it die, or lets the disk
// fail, at one of these operations.
//   CRASH_AT   which one, from 1; 0 tells of all, and lets them be
//   CRASH_HOW  before, after, half (of a write; others are done), fail (a write half done, then ENOSPC, once)
// What does not change anything that another process sees, such as a sync, is no operation: a SIGKILL leaves the
// system's cache alone.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { CRASH_AT, CRASH_HOW, OUTPUT_DIR = '' } = process.env;
const { closeSync, existsSync, ftruncateSync, writeSync } = fs;
let operations = 0;

/**
 * @template T
 * @param {string} what
 * @param {string} path
 * @param {() => T} act
 * @param {() => T} actHalf
 * @returns {T}
 */
function operation(what, path, act, actHalf = act) {
  operations += 1;
  if (CRASH_AT !== '0' && operations !== Number(CRASH_AT)) return act();
  // The one that waits for the process reads what it died of.
  writeSync(2, `${JSON.stringify({ number: operations, what, path })}\n`);
  if (CRASH_AT === '0') return act();
  if (CRASH_HOW === 'before') die();
  if (CRASH_HOW === 'fail') {
    if (actHalf !== act) actHalf();
    throw Object.assign(new Error(`ENOSPC: no space left on device, ${what} '${path}'`), { code: 'ENOSPC' });
  }
  const result = CRASH_HOW === 'half' ? actHalf() : act();
  if (result instanceof Promise) return result.then(die);
  return die();
}

/** Takes effect before this returns. */
function die() {
  process.kill(process.pid, 'SIGKILL');
}

/** The status is out of date after a crash in any case, and is written when a timer says so. */
const isOurs = (path) => String(path).startsWith(OUTPUT_DIR) && !/\.status\.json(\.\d+\.new)?$/.test(String(path));

/**
 * Replaces a function whose first argument is a path.
 * @param {(path: string, ...rest: unknown[]) => boolean} changes does the call change anything?
 */
function replace(module, name, changes) {
  const real = module[name];
  module[name] = (path, ...rest) => {
    const act = () => real(path, ...rest);
    return isOurs(path) && changes(path, ...rest) ? operation(name.replace(/Sync$/, ''), String(path), act) : act();
  };
}

replace(fs, 'mkdirSync', (path) => !existsSync(path));
replace(fs, 'renameSync', (path) => existsSync(path));
replace(fsPromises, 'rm', (path) => existsSync(path));
replace(fsPromises, 'rmdir', (path) => existsSync(path));
// Opening truncates or makes a file.
replace(fs, 'openSync', (path, flags) => flags === 'w' || (flags !== 'r' && !existsSync(path)));

/** What is open below OUTPUT_DIR: its path by its number. */
const files = new Map();
const open = fs.openSync;
fs.openSync = (path, ...rest) => {
  const file = open(path, ...rest);
  if (isOurs(path)) files.set(file, String(path));
  return file;
};
fs.closeSync = (file) => {
  files.delete(file);
  closeSync(file);
};

/** Replaces a function whose first argument is an open file. */
function replaceWrite(name) {
  const real = fs[name];
  fs[name] = (file, data, ...rest) => {
    const path = files.get(file);
    if (path === undefined) return real(file, data, ...rest);
    const bytes = Buffer.from(data);
    // An append is a write to whoever carries it out.
    const write = (part) => {
      files.delete(file);
      try {
        real(file, part);
      } finally {
        files.set(file, path);
      }
    };
    return operation(
      name.replace(/Sync$/, ''),
      path,
      () => write(bytes),
      () => write(bytes.subarray(0, bytes.length >> 1)),
    );
  };
}

replaceWrite('writeFileSync');
replaceWrite('appendFileSync');

fs.ftruncateSync = (file, size) => {
  const act = () => ftruncateSync(file, size);
  return files.has(file) ? operation('truncate', files.get(file), act) : act();
};

syncBuiltinESMExports();
