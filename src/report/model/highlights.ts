import type { StoryRow } from './timeline.js';

/** A story to read first. */
export interface Highlight {
  story: StoryRow;
  reason: 'only' | 'leastSimilar' | 'longest' | 'latest';
  /** Its similarity to the most similar other story, from 0 to 1; null when it was not measured. */
  similarity: number | null;
}

/**
 * Chooses up to three stories to read first: the least similar to any other, the longest, the latest. How good a story
 * is cannot be measured; how it stands out can.
 */
export function chooseHighlights(stories: readonly StoryRow[]): Highlight[] {
  const readable = stories.filter(({ details }) => details !== null);
  const similarities = greatestSimilarities(stories);
  const measured = readable.filter(({ nearest }) => nearest !== null && nearest !== undefined);
  const similarityOf = ({ name }: StoryRow) => similarities.get(name) ?? 0;
  const characters = ({ details }: StoryRow) => details?.characters ?? 0;
  const candidates: [Highlight['reason'], StoryRow | undefined][] = [
    ['only', readable.length === 1 ? readable[0] : undefined],
    // It takes two measured stories to compare them.
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

/** The greatest similarity of each story, to an earlier or a later one, by name. */
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
