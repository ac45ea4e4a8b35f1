import type { Doubt } from './doubt.js';
import { normalise } from './reading/normalise.js';
import type { Removed } from './reading/removed.js';

/** An answer, read: the story, and what stood around it. */
export interface ReadAnswer {
  /** null when the answer has none. */
  title: string | null;
  /** The story as it will stand on disk: a `# title` line when there is a title, and else the bare story. */
  text: string;
  /** The tags that the model gave, without `#`. */
  tags: string[];
  /** What was taken away, in the order in which it stood. */
  removed: Removed[];
  doubts: Doubt[];
}

export interface ReadingOptions {
  /** The model was cut off, so that the end of the text is no end: nothing is taken away there. */
  isCutOff?: boolean;
}

/** Reads a story out of the raw text of an answer. Pure; what is not certain stays, with a doubt. */
export function readAnswer(raw: string, _options: ReadingOptions = {}): ReadAnswer {
  const text = normalise(raw);
  const heading = /^ {0,3}#{1,6}[ \t]+(\S.*)$/m.exec(text);
  const title =
    heading?.[1]
      ?.replace(/[ \t]+#+[ \t]*$/, '')
      .replace(/^(\*{1,3}|_{1,3})(.+)\1$/, '$2')
      .trim() ?? null;
  return { title, text, tags: [], removed: [], doubts: [] };
}
