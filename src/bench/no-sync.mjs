// A preload (node --import): nothing is made durable. What the worker costs then is what it costs on any disk.
import { open } from 'node:fs/promises';

const file = await open(process.execPath, 'r');
const FileHandle = Object.getPrototypeOf(file);
await file.close();
FileHandle.sync = async () => {};
FileHandle.datasync = async () => {};
