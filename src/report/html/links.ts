import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesOf } from '../../store/story-store.js';

/** Where the page lies, and where the texts lie that it leads to. Absolute paths. */
export interface ReportPaths {
  output: string;
  storyFolder: string;
  setAsideFolder: string;
}

/** The way from the page to a text, for a link. The whole folder can be moved, or served, and the link still holds. */
export function linkTo(name: string, folder: string, output: string): string {
  const path = join(folder, filesOf(name)[0]);
  const way = relative(dirname(output), path);
  // Another drive: there is no way.
  if (isAbsolute(way)) return pathToFileURL(path).href;
  const url = way.split(sep).map(encodeURIComponent).join('/');
  return url.startsWith('.') ? url : `./${url}`;
}
