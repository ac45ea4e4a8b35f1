import { statSync } from 'node:fs';
import { join } from 'node:path';
import { openAppendLog } from '../lib/append-log.js';
import type { StoryUsage } from './usage-history.js';

/**
 * What the stories of a folder have used, on disk: one line per story, appended by every process that writes there. So
 * the author goes on after a restart where it left off. Nothing else needs the file. When it is missing the author starts
 * afresh, and lines that it does not understand are passed over.
 */
export interface HistoryFile {
  /** The usage of the stories that were added since the last call, by whichever process. */
  readOn(): Promise<StoryUsage[]>;
  append(usage: StoryUsage): Promise<void>;
}

const FILE = '.offline-history';
/** How much of the file's end is read at first, in bytes: about 2,500 stories. */
const READ_AT_FIRST = 1024 * 1024;
const VERSION = 'v1';
const LINE = new RegExp(`^${VERSION}(?: [\\w-]{8}){4,}$`);

/** @param folder the story folder */
export function openHistoryFile(folder: string): HistoryFile {
  const path = join(folder, FILE);
  const size = statSync(path, { throwIfNoEntry: false })?.size ?? 0;
  const file = openAppendLog(path, Math.max(0, size - READ_AT_FIRST));
  /** Lines of this process, whose stories the author knows already. */
  const own = new Set<string>();
  return {
    readOn: async () => (await file.readOn()).flatMap((line) => (own.delete(line) ? [] : toUsage(line))),
    append: async (usage) => {
      const line = toLine(usage);
      await file.append([line]);
      own.add(line);
    },
  };
}

function toLine({ title, opening, plot, items }: StoryUsage): string {
  return [VERSION, title, opening, plot, ...items].join(' ');
}

/** Nothing for a line that is torn, or not ours. */
function toUsage(line: string): StoryUsage[] {
  if (!LINE.test(line)) return [];
  const [, title = '', opening = '', plot = '', ...items] = line.split(' ');
  return [{ title, opening, plot, items }];
}
