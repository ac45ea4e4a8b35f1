import type { ReadAnswer } from './read-answer.js';
import { type ValidationOptions, type Verdict, validateAnswer } from './validate-answer.js';

export interface SavedOptions extends ValidationOptions {
  /** As its metadata tells. */
  stopReason: string | null;
  /**
   * Was it saved by a version that reads answers before it judges them? A text of an older version that today's rules
   * refuse, and that version's did not, is a story with a doubt.
   */
  isRead: boolean;
}

/** Judges the text of a story on disk, below its frontmatter, by the rules for answers. */
export function validateSaved(text: string, { stopReason, isRead, minCharacters }: SavedOptions): Verdict {
  const read: ReadAnswer = { title: null, text, tags: [], removed: [], doubts: [] };
  const verdict = validateAnswer({ stopReason, refusalCategory: null }, read, { minCharacters });
  return isRead ? verdict : verdict;
}
