import type { Random } from '../lib/random.js';
import type { Axis, AxisCards } from '../prompt/cards.js';
import type { Combination } from '../prompt/deck-state.js';
import { composeStory } from './composer.js';
import { openHistoryFile } from './history-file.js';
import { type Endpoint, startEndpoint } from './server/messages-server.js';
import type { ReceivedRequest, Reply } from './server/reply.js';
import { addUsage, digestOf, emptyHistory, openingKey, type UsageHistory } from './usage-history.js';

export interface OfflineAuthorOptions {
  /** The Korean names of the axes, by which the premise is found in a prompt. */
  axes: readonly AxisCards[];
  random: Random;
  /** How fast a story is written; 0: at once. */
  charactersPerSecond: number;
}

export interface StoredAuthorOptions extends OfflineAuthorOptions {
  /** The story folder, where the author keeps what its stories have used. */
  folder: string;
  /** Told when the history could not be read or written. The story is written all the same. */
  onHistoryError: (error: unknown) => void;
}

/** A recent story in a prompt; see prompt.ts. */
const RECENT = /^- 「(.+?)」 (.+)$/;

/** Starts the built-in author: an endpoint that answers every request with a story of its own. */
export function startOfflineAuthor({ folder, onHistoryError, ...options }: StoredAuthorOptions): Promise<Endpoint> {
  const history = emptyHistory();
  const file = openHistoryFile(folder);
  return startEndpoint(async (request) => {
    await attempt(async () => {
      for (const usage of await file.readOn()) addUsage(history, usage);
    });
    const { text, usage } = answer(request, options, history);
    await attempt(() => file.append(usage));
    return toReply(text, options);
  });

  async function attempt(act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      onHistoryError(error);
    }
  }
}

/** The built-in author without a folder: what its stories have used is forgotten with it. */
export function offlineResponder(options: OfflineAuthorOptions): (request: ReceivedRequest) => Reply {
  const history = emptyHistory();
  return (request) => toReply(answer(request, options, history).text, options);
}

/**
 * Composes a story from the premise that stands in the prompt, just as a model would read it there. It keeps away from
 * the recent stories named there, and from all that its history knows.
 */
function answer(request: ReceivedRequest, { axes, random }: OfflineAuthorOptions, history: UsageHistory) {
  const lines = linesOf(request);
  addRecent(history, lines);
  return composeStory({ premise: findPremise(lines, axes), random, history });
}

function toReply(text: string, { charactersPerSecond }: OfflineAuthorOptions): Reply {
  return { content: [{ type: 'text', text }], charactersPerSecond };
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
function addRecent(history: UsageHistory, lines: readonly string[]): void {
  for (const line of lines) {
    const [, title, opening] = RECENT.exec(line) ?? [];
    if (title === undefined || opening === undefined) continue;
    history.titles.add(digestOf(title));
    history.openings.add(openingKey(opening));
  }
}
