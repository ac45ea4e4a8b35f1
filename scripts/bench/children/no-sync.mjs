// A preload (node --import): nothing is made durable. What the worker costs then is what it costs on any disk.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

for (const name of ['fsync', 'fdatasync']) fs[name] = (_file, done) => process.nextTick(done, null);
syncBuiltinESMExports();
