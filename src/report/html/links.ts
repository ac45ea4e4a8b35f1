import { dirname, isAbsolute, join, relative, sep } from 'node:path';
import { pathToFileURL } from 'node:url';
import { filesOf } from '../../store/story-store.js';

/** Absolute paths of the page and of the folders that it links to. */
export interface ReportPaths {
  output: string;
  storyFolder: string;
  setAsideFolder: string;
}

/** The relative URL from the page to a text, so that links still work after the project was moved or is served. */
export function linkTo(name: string, folder: string, output: string): string {
  const path = join(folder, filesOf(name)[0]);
  const relativePath = relative(dirname(output), path);
  // There is no relative path to another drive.
  if (isAbsolute(relativePath)) return pathToFileURL(path).href;
  const url = relativePath.split(sep).map(encodeURIComponent).join('/');
  return url.startsWith('.') ? url : `./${url}`;
}
