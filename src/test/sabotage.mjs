// A preload for the worker (node --import) that breaks the way in which it commits stories, as a careless rewrite might.
// It proves that the torture would notice. SABOTAGE says how.
import fsPromises from 'node:fs/promises';
import { syncBuiltinESMExports } from 'node:module';
import { setTimeout } from 'node:timers/promises';

const { open, readFile, rename, rm } = { ...fsPromises };
const PIECES = 40;

/** Writes a file where everybody sees it, bit by bit. */
async function writeSlowly(path, bytes) {
  const file = await open(path, 'w');
  for (let at = 0; at < PIECES; at++) {
    const [from, to] = [at, at + 1].map((piece) => Math.floor((piece * bytes.length) / PIECES));
    await file.write(bytes.subarray(from, to));
    await setTimeout(2);
  }
  await file.close();
}

/** Lets the files that the worker writes do something else with what is written. */
function writeWith(write) {
  fsPromises.open = async (path, ...rest) => {
    const file = await open(path, ...rest);
    for (const name of ['writeFile', 'appendFile']) {
      const real = file[name].bind(file);
      file[name] = (data) => write(String(path), data, real);
    }
    return file;
  };
}

const HOW = {
  /** Files are copied into place instead of moved. */
  copies: () => {
    fsPromises.rename = async (from, to) => {
      await writeSlowly(to, await readFile(from));
      await rm(from);
    };
  },
  /** Nothing is staged: the files are written where they belong. */
  'no-staging': () => {
    const inPlace = (path) => path.replace(/\.staging\/[^/]+\//, '');
    writeWith((path, data, real) =>
      path.includes('.staging') ? writeSlowly(inPlace(path), Buffer.from(data)) : real(data),
    );
    fsPromises.rename = async () => {};
  },
  /** What is moved is left behind as well. */
  'leaves-copies': () => {
    fsPromises.rename = async (from, to) => {
      const bytes = await readFile(from);
      await rename(from, to);
      await (await open(from, 'w')).close();
      await fsPromises.writeFile(from, bytes);
    };
  },
  /** Recovery throws away what a kill left in staging. */
  'throws-away': () => {
    fsPromises.readFile = async (path, ...rest) => {
      if (String(path).includes('.staging')) return '{}';
      return readFile(path, ...rest);
    };
    fsPromises.rename = async (from, to) => {
      await setTimeout(60);
      await rename(from, to);
    };
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
