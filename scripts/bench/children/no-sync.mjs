// A preload (node --import) that turns fsync off, so that the cost of the worker is measured without that of the disk.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

for (const name of ['fsync', 'fdatasync']) fs[name] = (_file, done) => process.nextTick(done, null);
syncBuiltinESMExports();
