import type { Axis, Card } from './cards.js';
import type { Candidate } from './constraints.js';

/**
 * One axis of a deck. A round is a time through its cards: no card comes back before all others have come.
 *
 * Constraints can leave a card of a round without a premise that it fits. The axis then goes on with a card of the next
 * round, which is dealt ahead, and the card that is left waits until it fits. So the uses of two cards differ by two at
 * the most, instead of by one.
 */
export class Round {
  readonly #axis: Axis;
  readonly #cards: readonly Card[];
  /** The ids that were used in this round, in their order; an id that was dealt ahead stands there twice. */
  #used: string[];
  readonly #times = new Map<string, number>();
  #isOver: boolean;

  constructor(axis: Axis, cards: readonly Card[], used: readonly string[] = []) {
    this.#axis = axis;
    this.#cards = cards;
    this.#used = [...used];
    for (const id of used) this.#times.set(id, this.#timesOf(id) + 1);
    this.#isOver = this.#hasEnded();
  }

  used(): string[] {
    return [...this.#used];
  }

  /** How often the round that the next draw belongs to has used the card: 0, or 1 when it was dealt ahead. */
  timesUsed(id: string): number {
    return Math.max(0, this.#timesOf(id) - (this.#isOver ? 1 : 0));
  }

  use(id: string): void {
    if (this.#isOver) this.#begin();
    this.#used.push(id);
    this.#times.set(id, this.#timesOf(id) + 1);
    this.#isOver = this.#hasEnded();
  }

  /** The cards of the round that are left, and at the cost of 1 the cards of the next round. */
  candidates(): Candidate[] {
    const last = this.#used.at(-1);
    // No card comes twice in a row, not even across the border of two rounds.
    return this.allCards().filter(({ card, cost }) => cost <= 1 && card.id !== last);
  }

  /** Every card, at the cost of how often its round has used it. */
  allCards(): Candidate[] {
    return this.#cards.map((card) => ({ axis: this.#axis, card, cost: this.timesUsed(card.id) }));
  }

  #timesOf(id: string): number {
    return this.#times.get(id) ?? 0;
  }

  /**
   * Cards that the user has removed since do not keep a round open, nor does one that was added end it early. A round is
   * given up once most of its cards were used and each of these was dealt ahead as well: what is left fits too seldom to
   * be waited for.
   */
  #hasEnded(): boolean {
    const times = this.#cards.map(({ id }) => this.#timesOf(id));
    const used = times.filter((count) => count > 0).length;
    return used === times.length || (used > times.length / 2 && !times.includes(1));
  }

  /** Takes the ended round out; what was dealt ahead stays, as the beginning of the new one. */
  #begin(): void {
    const ended = new Set<string>();
    this.#used = this.#used.filter((id) => {
      const isOfThisRound = !ended.has(id);
      ended.add(id);
      return !isOfThisRound;
    });
    for (const id of ended) this.#times.set(id, this.#timesOf(id) - 1);
  }
}
