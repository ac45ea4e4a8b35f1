import { createHash } from 'node:crypto';
import type { Random } from '../lib/random.js';
import { AXES, type Axis, type AxisCards, byAxis, type Card, idsOf, type Premise } from './cards.js';

/** A premise by the ids of its cards. One drawn by an earlier version may lack an axis that has come since. */
export type Combination = Partial<Record<Axis, string>>;

/** Everything that is used up. */
export interface DeckSnapshot {
  /** By axis, the cards of the present round, in their order. */
  used: Record<Axis, string[]>;
  /** All combinations that came, one after the other, each as a digest of the same length in ASCII. */
  came: Buffer;
}

/** How often a combination that has come already is drawn anew, before it is let pass. */
const MOST_TRIES = 1000;

/** What is used up of each axis: a time through the cards of an axis is a round. */
export class DeckState {
  readonly #rounds: Record<Axis, Round>;
  /** Those of the state that was given, and those since: a hundred thousand are searched sooner than put into a set. */
  readonly #earlier: Buffer;
  readonly #combinations = new Set<string>();

  constructor(axes: readonly AxisCards[], state?: DeckSnapshot) {
    const cardsOf = new Map(axes.map(({ axis, cards }) => [axis, cards]));
    this.#rounds = byAxis((axis) => new Round(cardsOf.get(axis) ?? [], state?.used[axis]));
    this.#earlier = state?.came ?? Buffer.alloc(0);
  }

  /**
   * Uses up what a draw took.
   * @param again whether the combination may have come already
   * @returns false, and uses nothing, when one of the cards or the combination is taken
   */
  use(combination: Combination, again: boolean): boolean {
    const digest = digestOf(combination);
    if (!again && this.#hasCome(digest)) return false;
    const taken = AXES.flatMap((axis) => {
      const id = combination[axis];
      return id === undefined ? [] : [{ round: this.#rounds[axis], id }];
    });
    if (taken.some(({ round, id }) => round.isUsed(id))) return false;
    this.#combinations.add(digest);
    for (const { round, id } of taken) round.use(id);
    return true;
  }

  /** A premise of cards that are not used. `again`: all combinations of them have come, as far as was tried. */
  choose(random: Random): { premise: Premise; again: boolean } {
    for (let tries = 1; ; tries++) {
      const premise = byAxis((axis) => this.#rounds[axis].choose(random));
      const again = this.#hasCome(digestOf(idsOf(premise)));
      // Cards of the user's own may be so few that their combinations run out.
      if (!again || tries === MOST_TRIES) return { premise, again };
    }
  }

  state(): DeckSnapshot {
    return {
      used: byAxis((axis) => this.#rounds[axis].used()),
      came: Buffer.concat([this.#earlier, Buffer.from([...this.#combinations].join(''), 'latin1')]),
    };
  }

  #hasCome(digest: string): boolean {
    if (this.#combinations.has(digest)) return true;
    let at = this.#earlier.indexOf(digest, 0, 'latin1');
    // Across the border of two digests it is none.
    while (at !== -1 && at % DIGEST !== 0) at = this.#earlier.indexOf(digest, at + 1, 'latin1');
    return at !== -1;
  }
}

class Round {
  readonly #cards: readonly Card[];
  /** In the order of their use. */
  #used: Set<string>;

  constructor(cards: readonly Card[], used: readonly string[] = []) {
    this.#cards = cards;
    this.#used = new Set(used);
  }

  isUsed(id: string): boolean {
    return !this.#isOver() && this.#used.has(id);
  }

  use(id: string): void {
    if (this.#isOver()) this.#used = new Set();
    this.#used.add(id);
  }

  used(): string[] {
    return [...this.#used];
  }

  /** No round begins with the card that ended the last one. */
  choose(random: Random): Card {
    const last = [...this.#used].at(-1);
    const isOver = this.#isOver();
    const open = this.#cards.filter(({ id }) => (isOver ? id !== last : !this.#used.has(id)));
    const card = open[Math.floor(random() * open.length)];
    if (card === undefined) throw new Error('an axis has no cards');
    return card;
  }

  /** Cards that the user has removed since do not keep a round open, nor does one that was added end it early. */
  #isOver(): boolean {
    return this.#cards.every(({ id }) => this.#used.has(id));
  }
}

/**
 * Characters of a digest: 36 bits. Short, for a start reads the digests of all that ever came; two combinations that share
 * one, which a folder of a hundred thousand sees once in a million draws, cost another draw and nothing else.
 */
const DIGEST = 6;

function digestOf(combination: Combination): string {
  const key = AXES.map((axis) => combination[axis]).join(' ');
  return createHash('sha256').update(key).digest('base64url').slice(0, DIGEST);
}
