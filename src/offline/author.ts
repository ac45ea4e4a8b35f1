import type { Random } from '../lib/random.js';
import type { Axis, AxisCards } from '../prompt/cards.js';
import type { Combination } from '../prompt/deck-state.js';
import { composeStory } from './composer.js';
import { type Endpoint, startEndpoint } from './server/messages-server.js';
import type { ReceivedRequest, Reply } from './server/reply.js';
import { emptyMemory, type Memory, openingKey } from './usage-history.js';

export interface OfflineAuthorOptions {
  /** The Korean names of the axes, by which the premise is found in a prompt. */
  axes: readonly AxisCards[];
  random: Random;
  /** How fast a story is written; 0: at once. */
  charactersPerSecond: number;
}

/** How a recent story stands in a prompt; see prompt.ts. */
const RECENT = /^- 「(.+?)」 (.+)$/;

/** Starts the built-in author: an endpoint that answers every request with a story of its own. */
export function startOfflineAuthor(options: OfflineAuthorOptions): Promise<Endpoint> {
  return startEndpoint(offlineResponder(options));
}

/**
 * Composes a story from the premise that stands in the prompt, just as a model would read it there. It keeps away from
 * the recent stories named there, and from all that it has told itself.
 */
export function offlineResponder({
  axes,
  random,
  charactersPerSecond,
}: OfflineAuthorOptions): (request: ReceivedRequest) => Reply {
  const memory = emptyMemory();
  return (request) => {
    const lines = linesOf(request);
    rememberRecent(memory, lines);
    const { text } = composeStory({ premise: findPremise(lines, axes), random, memory });
    return { content: [{ type: 'text', text }], charactersPerSecond };
  };
}

/** The ids of the cards that a prompt names, by axis; without those that are not among `axes`. */
export function premiseIn(request: ReceivedRequest, axes: readonly AxisCards[]): Combination {
  const texts = findPremise(linesOf(request), axes);
  return Object.fromEntries(
    axes.flatMap(({ axis, cards }) => {
      const card = cards.find(({ text }) => text === texts[axis]);
      return card === undefined ? [] : [[axis, card.id]];
    }),
  );
}

function linesOf({ body }: ReceivedRequest): string[] {
  const message = body.messages[0]?.content;
  return typeof message === 'string' ? message.split('\n') : [];
}

/** The lines `- 장소: …` of the user's message. */
function findPremise(lines: readonly string[], axes: readonly AxisCards[]): Partial<Record<Axis, string>> {
  return Object.fromEntries(
    axes.flatMap(({ axis, label }) => {
      const start = `- ${label}: `;
      const line = lines.find((candidate) => candidate.startsWith(start));
      return line === undefined ? [] : [[axis, line.slice(start.length)]];
    }),
  );
}

/** The lines `- 「제목」 첫 문장` of the user's message. */
function rememberRecent(memory: Memory, lines: readonly string[]): void {
  for (const line of lines) {
    const [, title, opening] = RECENT.exec(line) ?? [];
    if (title === undefined || opening === undefined) continue;
    memory.titles.add(title);
    memory.openings.add(openingKey(opening));
  }
}
