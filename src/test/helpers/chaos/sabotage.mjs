// A preload for the worker (node --import) that breaks the way in which it commits stories, as a careless rewrite might.
// It proves that the torture would notice. SABOTAGE says how.
import fs from 'node:fs';
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';

const { appendFileSync, closeSync, openSync, readFileSync, renameSync, rmSync, writeFileSync, writeSync } = fs;
const PIECES = 40;

/** In the calling turn, as long as that takes: a kill comes in the middle of it. */
const sleep = (ms) => Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);

/** Writes a file where everybody sees it, bit by bit. */
function writeSlowly(path, bytes) {
  const file = openSync(path, 'w');
  for (let at = 0; at < PIECES; at++) {
    const [from, to] = [at, at + 1].map((piece) => Math.floor((piece * bytes.length) / PIECES));
    writeSync(file, bytes, from, to - from);
    sleep(2);
  }
  closeSync(file);
}

/** Lets the files that the worker writes do something else with what is written. */
function writeWith(write) {
  const paths = new Map();
  fs.openSync = (path, ...rest) => {
    const file = openSync(path, ...rest);
    paths.set(file, String(path));
    return file;
  };
  const real = { writeFileSync, appendFileSync };
  for (const name of ['writeFileSync', 'appendFileSync']) {
    fs[name] = (file, data, ...rest) => {
      const act = (changed) => real[name](file, changed, ...rest);
      return typeof file === 'number' ? write(paths.get(file) ?? '', data, act) : act(data);
    };
  }
}

/** Lets what is moved out of staging be moved in another way. */
function moveWith(move) {
  fs.renameSync = (from, to) => (String(from).includes('.staging') ? move(from, to) : renameSync(from, to));
}

const HOW = {
  /** Files are copied into place instead of moved. */
  copies: () => {
    moveWith((from, to) => {
      writeSlowly(to, readFileSync(from));
      rmSync(from);
    });
  },
  /** Nothing is staged: the files are written where they belong. */
  'no-staging': () => {
    const inPlace = (path) => path.replace(/\.staging\/[^/]+\//, '');
    writeWith((path, data, real) =>
      path.includes('.staging') ? writeSlowly(inPlace(path), Buffer.from(data)) : real(data),
    );
    moveWith(() => {});
  },
  /** What is moved is left behind as well. */
  'leaves-copies': () => {
    moveWith((from, to) => {
      const bytes = readFileSync(from);
      renameSync(from, to);
      writeFileSync(from, bytes);
    });
  },
  /** Recovery throws away what a kill left in staging. */
  'throws-away': () => {
    const { readFile } = fsPromises;
    fsPromises.readFile = async (path, ...rest) => {
      if (String(path).includes('.staging')) return '{}';
      return readFile(path, ...rest);
    };
    moveWith((from, to) => {
      sleep(60);
      renameSync(from, to);
    });
  },
  /** Calls are not in the ledger before they are made. */
  'pays-in-silence': () => {
    writeWith((_path, data, real) => (String(data).includes('"type":"attempt"') ? undefined : real(data)));
  },
  /** Every story is accounted for with one token less. */
  miscounts: () => {
    writeWith((path, data, real) =>
      real(path.endsWith('.jsonl') ? String(data).replace(/"total_tokens":(\d+)\d/, '"total_tokens":$1') : data),
    );
  },
};

HOW[process.env.SABOTAGE]();
syncBuiltinESMExports();
