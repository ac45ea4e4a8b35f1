import type { Doubt } from '../../doubts.js';
import { MOST_CONTAINERS } from '../../thresholds.js';
import { cleanTitle } from '../forms/title.js';
import type { RemovedText } from '../removed-text.js';
import { unwrap } from './container.js';
import { normalise } from './normalise.js';
import { stripReasoning, stripTokens } from './reasoning.js';

/** A text without what was around it. */
export interface Unpacked {
  text: string;
  /** The title that a container named; null when none did. */
  title: string | null;
  tags: string[];
  removed: RemovedText[];
  doubts: Doubt[];
}

/** Makes a raw text uniform, and takes off tokens, reasoning and containers, which may stand around each other in any order. */
export function unpack(raw: string): Unpacked {
  const opened: Unpacked = { text: normalise(raw), title: null, tags: [], removed: [], doubts: [] };
  for (let round = 0; round < MOST_CONTAINERS; round++) {
    const before = opened.text;
    for (const strip of [stripTokens, stripReasoning]) {
      const { text, removed, doubts } = strip(opened.text);
      opened.text = text;
      opened.removed.push(...removed);
      opened.doubts.push(...doubts);
    }
    const unwrapped = unwrap(opened.text);
    if (unwrapped !== null) {
      opened.text = unwrapped.text;
      opened.title ??= unwrapped.title === null ? null : cleanTitle(unwrapped.title);
      opened.tags.push(...unwrapped.tags);
      opened.removed.push(...unwrapped.removed);
    }
    if (opened.text === before) break;
  }
  return opened;
}
