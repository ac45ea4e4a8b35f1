import type { Doubt } from '../../doubts.js';
import { markerAtEnd } from '../forms/marks.js';
import { translationIn } from '../forms/sections.js';
import type { RemovedText } from '../removed-text.js';
import { EndingCursor, type TakenEnd } from './ending-cursor.js';
import { belowMarker, data, labelled, mark, table, tagList } from './line-steps.js';
import { commentary, doubtsAbout, listedNotes, options, section, talk } from './note-steps.js';

/** The end of an answer, read: where the story ends, and what stood below it. */
export interface Ending {
  /** The story's lines, the last one without an end marker that stood on it. */
  lines: string[];
  tags: string[];
  /** In the order in which it stood. */
  removed: RemovedText[];
  doubts: Doubt[];
}

/** Each says what it takes from the end; null when the last line is none of its kind. */
const STEPS: readonly ((cursor: EndingCursor) => TakenEnd | null)[] = [
  ...[
    mark,
    belowMarker,
    tagList,
    data,
    options,
    talk('talk'),
    section,
    talk('note'),
    commentary,
    listedNotes,
    table,
    labelled,
  ],
];

/** Takes from the end of an answer, piece by piece, whatever stands after the story. */
export function readEnding(lines: readonly string[], title: string | null): Ending {
  const cursor = new EndingCursor(lines, title);
  const translated = translationIn(cursor.lines);
  if (translated !== null) {
    cursor.take({ from: translated, what: 'note' });
    cursor.boundSearch();
  }
  for (;;) {
    cursor.skipBlank();
    const taken = cursor.end > cursor.limit ? nextStep(cursor) : null;
    if (taken === null) break;
    cursor.take(taken);
  }
  takeMarkerOnLastLine(cursor);
  const doubts = doubtsAbout(cursor);
  return { lines: cursor.lines.slice(0, cursor.end), tags: cursor.tags, removed: cursor.removed, doubts };
}

/** @returns null when the last line is the story's */
function nextStep(cursor: EndingCursor): TakenEnd | null {
  for (const step of STEPS) {
    const taken = step(cursor);
    if (taken !== null) return taken;
  }
  return null;
}

/** Cuts off an end marker that stands on the story's last line. */
function takeMarkerOnLastLine({ lines, end, title, removed }: EndingCursor): void {
  const line = lines[end - 1] ?? '';
  const marker = markerAtEnd(line, title);
  if (marker === null) return;
  lines[end - 1] = line.slice(0, -marker.length).trimEnd();
  removed.unshift({ what: 'end_marker', where: 'after', text: marker });
}
