import type { StoryRow } from './timeline.js';

/** A story to read first, and why this one. */
export interface FirstRead {
  story: StoryRow;
  why: 'only' | 'unlike' | 'longest' | 'latest';
  /** Its greatest likeness to any other, from 0 to 1; null where it was not measured. */
  likeness: number | null;
}

/**
 * Up to three stories to begin with, the best first: the one least like any other, the longest, the latest. What is
 * good cannot be measured; what stands out can.
 */
export function pickStories(stories: readonly StoryRow[]): FirstRead[] {
  const there = stories.filter(({ facts }) => facts !== null);
  const likeness = greatestLikeness(stories);
  const measured = there.filter(({ nearest }) => nearest !== null && nearest !== undefined);
  const likenessOf = ({ name }: StoryRow) => likeness.get(name) ?? 0;
  const characters = ({ facts }: StoryRow) => facts?.characters ?? 0;
  const candidates: [FirstRead['why'], StoryRow | undefined][] = [
    ['only', there.length === 1 ? there[0] : undefined],
    // Of one measured story alone it says nothing to be the least alike.
    ['unlike', measured.length < 2 ? undefined : best(measured, (story) => -likenessOf(story))],
    ['longest', best(there, characters)],
    ['latest', there.at(-1)],
  ];
  const picks: FirstRead[] = [];
  for (const [why, story] of candidates) {
    if (story === undefined || picks.some((pick) => pick.story.name === story.name)) continue;
    picks.push({ story, why, likeness: likeness.get(story.name) ?? null });
  }
  return picks;
}

/** Of every story that was compared: what it is like before it, and what after it is like it. */
function greatestLikeness(stories: readonly StoryRow[]): Map<string, number> {
  const likeness = new Map<string, number>();
  for (const { name, nearest } of stories) {
    if (nearest === null || nearest === undefined) continue;
    for (const each of [name, nearest.name]) likeness.set(each, Math.max(likeness.get(each) ?? 0, nearest.score));
  }
  return likeness;
}

function best(stories: readonly StoryRow[], worth: (story: StoryRow) => number): StoryRow | undefined {
  return stories.reduce<StoryRow | undefined>(
    (so, story) => (so === undefined || worth(story) > worth(so) ? story : so),
    undefined,
  );
}
