import type { StoryRow } from './report.js';

/** A story to read first, and why this one. */
export interface Highlight {
  story: StoryRow;
  reason: 'only' | 'leastSimilar' | 'longest' | 'latest';
  /** Its greatest likeness to any other, from 0 to 1; null where it was not measured. */
  similarity: number | null;
}

/**
 * Up to three stories to begin with, the best first: the one least like any other, the longest, the latest. What is
 * good cannot be measured; what stands out can.
 */
export function chooseHighlights(stories: readonly StoryRow[]): Highlight[] {
  const readable = stories.filter(({ details }) => details !== null);
  const similarities = greatestSimilarities(stories);
  const measured = readable.filter(({ nearest }) => nearest !== null && nearest !== undefined);
  const similarityOf = ({ name }: StoryRow) => similarities.get(name) ?? 0;
  const characters = ({ details }: StoryRow) => details?.characters ?? 0;
  const candidates: [Highlight['reason'], StoryRow | undefined][] = [
    ['only', readable.length === 1 ? readable[0] : undefined],
    // Of one measured story alone it says nothing to be the least alike.
    ['leastSimilar', measured.length < 2 ? undefined : maxBy(measured, (story) => -similarityOf(story))],
    ['longest', maxBy(readable, characters)],
    ['latest', readable.at(-1)],
  ];
  const highlights: Highlight[] = [];
  for (const [reason, story] of candidates) {
    if (story === undefined || highlights.some((highlight) => highlight.story.name === story.name)) continue;
    highlights.push({ story, reason, similarity: similarities.get(story.name) ?? null });
  }
  return highlights;
}

/** Of every story that was compared: what it is like before it, and what after it is like it. */
function greatestSimilarities(stories: readonly StoryRow[]): Map<string, number> {
  const similarities = new Map<string, number>();
  for (const { name, nearest } of stories) {
    if (nearest === null || nearest === undefined) continue;
    for (const each of [name, nearest.name])
      similarities.set(each, Math.max(similarities.get(each) ?? 0, nearest.score));
  }
  return similarities;
}

function maxBy(stories: readonly StoryRow[], score: (story: StoryRow) => number): StoryRow | undefined {
  return stories.reduce<StoryRow | undefined>(
    (best, story) => (best === undefined || score(story) > score(best) ? story : best),
    undefined,
  );
}
