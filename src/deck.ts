import { open } from 'node:fs/promises';
import { join } from 'node:path';
import { makeFolder } from './files.js';
import { AXES, type Axis, type AxisCards, byAxis, type Card, type Premise } from './premise.js';
import type { Random } from './time.js';

/** One line of the deck's file: who drew what. */
interface Draw {
  /** Tells this draw from any other, also of other workers. */
  id: string;
  /** The ids of the cards. A line of an earlier version may lack an axis that has come since. */
  premise: Partial<Record<Axis, string>>;
  /** All that the cards allow has come already; only then may a combination come again. */
  again?: true;
}

/** Gives the premise for the next story. Rejects with the file system's error; can be tried again. */
export type DrawPremise = () => Promise<Premise>;

export interface DeckOptions {
  /** The story folder. All runs and workers on it share one deck. */
  folder: string;
  axes: readonly AxisCards[];
  random: Random;
  /** A new text each time, such as a UUID. */
  newId: () => string;
}

const FILE = '.deck.jsonl';

/** How often a combination that has come already is drawn anew, before it is let pass. */
const MOST_TRIES = 1000;

/**
 * A shuffled deck an axis, kept on disk: no card comes back before its axis is used up, no round begins with the
 * card that ended the last one, and no combination comes again while there is another, whoever draws and after
 * whatever restart.
 *
 * Drawing appends a line and reads back what was appended meanwhile: where another worker's line came first and
 * took one of the cards, this draw is void, for that worker as for this one, and is made again.
 */
export function openDeck({ folder, axes, random, newId }: DeckOptions): DrawPremise {
  const path = join(folder, FILE);
  let read = 0;
  const deck = new Deck(axes);

  return async () => {
    await makeFolder(folder);
    for (;;) {
      await catchUp();
      const { premise, again } = deck.choose(random);
      const draw: Draw = { id: newId(), premise: idsOf(premise), ...(again ? { again } : {}) };
      await append(draw);
      await catchUp();
      if (deck.holds(draw.id)) return premise;
    }
  };

  /** Takes in the whole lines that were appended since the last time. */
  async function catchUp(): Promise<void> {
    const file = await open(path, 'a+');
    try {
      const { size } = await file.stat();
      // Somebody moved the file away: what this process has seen stays used.
      if (size < read) read = 0;
      const { buffer, bytesRead } = await file.read(Buffer.alloc(size - read), 0, size - read, read);
      const whole = buffer.subarray(0, bytesRead).lastIndexOf('\n') + 1;
      for (const line of buffer.subarray(0, whole).toString().split('\n')) deck.take(line);
      read += whole;
    } finally {
      await file.close();
    }
  }

  async function append(draw: Draw): Promise<void> {
    const file = await open(path, 'a');
    try {
      const { size } = await file.stat();
      // A line that a crash tore must not swallow this one.
      await file.appendFile(`${size > read ? '\n' : ''}${JSON.stringify(draw)}\n`);
    } finally {
      await file.close();
    }
  }
}

/** What is used up of each axis, as the lines of the file tell it, in their order. */
class Deck {
  readonly #axes: readonly AxisCards[];
  readonly #rounds: Map<Axis, Round>;
  readonly #combinations = new Set<string>();
  readonly #valid = new Set<string>();

  constructor(axes: readonly AxisCards[]) {
    this.#axes = axes;
    this.#rounds = new Map(axes.map(({ axis, cards }) => [axis, new Round(cards)]));
  }

  take(line: string): void {
    const draw = parseDraw(line);
    if (draw === null) return;
    const rounds = [...this.#rounds].flatMap(([axis, round]) => {
      const id = draw.premise[axis];
      return id === undefined ? [] : [{ round, id }];
    });
    const key = keyOf(draw.premise);
    // Of two draws that want the same card of a round, the first line has it.
    const isRepeated = draw.again !== true && this.#combinations.has(key);
    if (isRepeated || rounds.some(({ round, id }) => round.isUsed(id))) return;
    this.#combinations.add(key);
    this.#valid.add(draw.id);
    for (const { round, id } of rounds) round.use(id);
  }

  holds(id: string): boolean {
    return this.#valid.has(id);
  }

  choose(random: Random): { premise: Premise; again: boolean } {
    for (let tries = 1; ; tries++) {
      const chosen = this.#axes.map(({ axis }) => [axis, this.#round(axis).choose(random)] as const);
      const premise = Object.fromEntries(chosen) as Premise;
      const again = this.#combinations.has(keyOf(idsOf(premise)));
      // Cards of the user's own may be so few that their combinations run out.
      if (!again || tries === MOST_TRIES) return { premise, again };
    }
  }

  #round(axis: Axis): Round {
    const round = this.#rounds.get(axis);
    if (round === undefined) throw new Error(`no cards for ${axis}`);
    return round;
  }
}

/** One time through the cards of an axis. */
class Round {
  readonly #cards: readonly Card[];
  #used = new Set<string>();
  #last: string | null = null;

  constructor(cards: readonly Card[]) {
    this.#cards = cards;
  }

  isUsed(id: string): boolean {
    return !this.#isOver() && this.#used.has(id);
  }

  use(id: string): void {
    if (this.#isOver()) this.#used = new Set();
    this.#used.add(id);
    this.#last = id;
  }

  choose(random: Random): Card {
    const isOver = this.#isOver();
    const open = this.#cards.filter(({ id }) => (isOver ? id !== this.#last : !this.#used.has(id)));
    const card = open[Math.floor(random() * open.length)];
    if (card === undefined) throw new Error('an axis has no cards');
    return card;
  }

  /** Cards that the user has removed since do not keep a round open, nor does one that was added end it early. */
  #isOver(): boolean {
    return this.#cards.every(({ id }) => this.#used.has(id));
  }
}

function parseDraw(line: string): Draw | null {
  try {
    const draw = JSON.parse(line) as Partial<Draw> | null;
    const named = AXES.map((axis) => draw?.premise?.[axis]).filter((id) => id !== undefined);
    const isDraw = typeof draw?.id === 'string' && named.length > 0 && named.every((id) => typeof id === 'string');
    return isDraw ? (draw as Draw) : null;
  } catch {
    // Torn by a crash: nobody has had that draw.
    return null;
  }
}

function keyOf(premise: Partial<Record<Axis, string>>): string {
  return AXES.map((axis) => premise[axis]).join(' ');
}

/** The ids of a premise's cards by axis. */
export function idsOf(premise: Premise): Record<Axis, string> {
  return byAxis((axis) => premise[axis].id);
}
