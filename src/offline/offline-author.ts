import type { AxisCards } from '../premise.js';
import type { Random } from '../time.js';
import { composeStory } from './composer.js';
import { type Endpoint, type ReceivedRequest, startEndpoint } from './endpoint.js';

export interface OfflineAuthorOptions {
  /** The Korean names of the axes, by which the premise is found in a prompt. */
  axes: readonly AxisCards[];
  random: Random;
  /** How fast a story is written; 0: at once. */
  charactersPerSecond: number;
}

/**
 * Starts the built-in author: an endpoint that answers every request with a story of its own, composed from the
 * premise that stands in the prompt, just as a model would read it there.
 */
export function startOfflineAuthor({ axes, random, charactersPerSecond }: OfflineAuthorOptions): Promise<Endpoint> {
  return startEndpoint((request) => {
    const { text } = composeStory({ premise: findPremise(request, axes), random });
    return { content: [{ type: 'text', text }], charactersPerSecond };
  });
}

/** The lines `- 장소: …` of the user's message. */
function findPremise({ body }: ReceivedRequest, axes: readonly AxisCards[]): Partial<Record<string, string>> {
  const message = body.messages[0]?.content;
  const lines = typeof message === 'string' ? message.split('\n') : [];
  return Object.fromEntries(
    axes.flatMap(({ axis, label }) => {
      const start = `- ${label}: `;
      const line = lines.find((candidate) => candidate.startsWith(start));
      return line === undefined ? [] : [[axis, line.slice(start.length)]];
    }),
  );
}
