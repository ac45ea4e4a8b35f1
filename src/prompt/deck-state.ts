import { createHash } from 'node:crypto';
import type { Random } from '../lib/random.js';
import { AXES, type Axis, type AxisCards, byAxis, type Card, type Premise } from './cards.js';
import { type Candidate, Constraints, type Hand } from './constraints.js';
import { Round } from './deck-round.js';

/** A premise by the ids of its cards. One drawn by an earlier version may lack an axis that was added since. */
export type Combination = Partial<Record<Axis, string>>;

/** What of a deck is used up. */
export interface DeckSnapshot {
  /** By axis, the cards of the present round, in their order. */
  used: Record<Axis, string[]>;
  /** All combinations that were dealt, one after the other, each as a digest of the same length in ASCII. */
  pastCombinations: Buffer;
}

/** What a draw may take though it is used up. */
export interface Allowance {
  /** The combination may have been dealt before. */
  allowRepeat?: boolean;
  /** By axis, how often the card may have been used in its round: 1 for a card that is dealt ahead. */
  ahead?: Partial<Record<Axis, number>>;
}

/** A premise that can be dealt next, with the allowance that it needs. */
export interface Proposal extends Required<Allowance> {
  premise: Premise;
}

/** How often a combination that was dealt before is replaced by another, before it is dealt again. */
const MOST_TRIES = 1000;

/** What is used up of every axis, and of their combinations. Decides which draw is valid, and which can be next. */
export class DeckState {
  readonly #rounds: Record<Axis, Round>;
  readonly #constraints: Constraints;
  readonly #weights: ReadonlyMap<Card, number>;
  /** Those of the snapshot, and those since: a hundred thousand are searched sooner than put into a set. */
  readonly #earlier: Buffer;
  readonly #combinations = new Set<string>();

  constructor(axes: readonly AxisCards[], snapshot?: DeckSnapshot) {
    const cardsOf = new Map(axes.map(({ axis, cards }) => [axis, cards]));
    this.#rounds = byAxis((axis) => new Round(axis, cardsOf.get(axis) ?? [], snapshot?.used[axis]));
    this.#constraints = new Constraints(axes);
    this.#weights = weightsOf(axes);
    this.#earlier = snapshot?.pastCombinations ?? Buffer.alloc(0);
  }

  /**
   * Uses up what a draw took.
   * @returns false, and uses nothing, when the combination or one of the cards is used up already
   */
  use(combination: Combination, { allowRepeat = false, ahead = {} }: Allowance = {}): boolean {
    const digest = digestOf(combination);
    if (!allowRepeat && this.#isPast(digest)) return false;
    const taken = AXES.flatMap((axis) => {
      const id = combination[axis];
      return id === undefined ? [] : [{ axis, round: this.#rounds[axis], id }];
    });
    if (taken.some(({ axis, round, id }) => round.timesUsed(id) > (ahead[axis] ?? 0))) return false;
    this.#combinations.add(digest);
    for (const { round, id } of taken) round.use(id);
    return true;
  }

  /** Proposes the next premise: cards that fit together, of the present rounds as far as there are such. */
  propose(random: Random): Proposal {
    for (let tries = 1; ; tries++) {
      const chosen = this.#choose(random);
      const premise = premiseOf(chosen);
      const allowRepeat = this.#isPast(digestOf(byAxis((axis) => premise[axis].id)));
      // A user's own cards may be so few that their combinations run out.
      if (allowRepeat && tries < MOST_TRIES) continue;
      const ahead = Object.fromEntries(chosen.filter(({ cost }) => cost > 0).map(({ axis, cost }) => [axis, cost]));
      return { premise, allowRepeat, ahead };
    }
  }

  snapshot(): DeckSnapshot {
    return {
      used: byAxis((axis) => this.#rounds[axis].used()),
      pastCombinations: Buffer.concat([this.#earlier, Buffer.from([...this.#combinations].join(''), 'latin1')]),
    };
  }

  /** Cards of the present rounds; where these do not fit, as few of the next rounds as possible; else any. */
  #choose(random: Random): Candidate[] {
    const ofThisRound = this.#hands(random, (round) => round.candidates().filter(({ cost }) => cost === 0));
    const chosen = this.#constraints.choose(ofThisRound, 0);
    if (chosen !== null) return chosen;
    const withNext = this.#hands(random, (round) => round.candidates());
    for (let budget = 1; budget <= AXES.length; budget++) {
      const others = this.#constraints.choose(withNext, budget);
      if (others !== null) return others;
    }
    const all = this.#hands(random, (round) => round.allCards());
    const any = this.#constraints.choose(all, Number.POSITIVE_INFINITY);
    if (any === null) throw new Error('no cards fit together');
    return any;
  }

  /** Shuffled, but so that the cards that fit few others tend to come first: later in their rounds less would fit them. */
  #hands(random: Random, candidatesOf: (round: Round) => Candidate[]): Hand[] {
    const keyed = AXES.map((axis) =>
      candidatesOf(this.#rounds[axis])
        .map((candidate) => ({ candidate, key: -Math.log(1 - random()) / (this.#weights.get(candidate.card) ?? 1) }))
        .sort((a, b) => a.candidate.cost - b.candidate.cost || a.key - b.key),
    );
    const firstKey = (hand: (typeof keyed)[number]): number => hand[0]?.key ?? 0;
    return keyed.sort((a, b) => firstKey(a) - firstKey(b)).map((hand) => hand.map(({ candidate }) => candidate));
  }

  #isPast(digest: string): boolean {
    if (this.#combinations.has(digest)) return true;
    let at = this.#earlier.indexOf(digest, 0, 'latin1');
    // A match across the border of two digests is none.
    while (at !== -1 && at % DIGEST !== 0) at = this.#earlier.indexOf(digest, at + 1, 'latin1');
    return at !== -1;
  }
}

function premiseOf(chosen: readonly Candidate[]): Premise {
  const cards = new Map(chosen.map(({ axis, card }) => [axis, card]));
  return byAxis((axis) => {
    const card = cards.get(axis);
    if (card === undefined) throw new Error(`the axis ${axis} has no cards`);
    return { id: card.id, text: card.text };
  });
}

/**
 * How much earlier than others a card tends to be dealt, from 1 upwards: the inverse square of the share of premises that it
 * fits, as far as the tags of all cards tell. With the inverse itself, several draws in ten thousand needed a card of the next
 * round; with the square, less than one.
 */
function weightsOf(axes: readonly AxisCards[]): Map<Card, number> {
  const carried = sharesOf(axes, ({ tags }) => tags);
  const excluded = sharesOf(axes, ({ excludes }) => excludes);
  const product = (tags: readonly string[] = [], shareOf: (tag: string) => number): number =>
    tags.reduce((part, tag) => part * shareOf(tag), 1);
  const weightOf = ({ tags, requires, excludes }: Card): number => {
    const share =
      product(tags, (tag) => 1 - (excluded.get(tag) ?? 0)) *
      product(requires, (tag) => carried.get(tag) ?? 1) *
      product(excludes, (tag) => 1 - (carried.get(tag) ?? 0));
    return Math.min(share ** -2, HEAVIEST);
  };
  return new Map(axes.flatMap(({ cards }) => cards.map((card) => [card, weightOf(card)] as const)));
}

/** Bounds the weight, or the rarest card would begin every round. */
const HEAVIEST = 8;

/** By tag, the share of premises in which it is named, were all combinations possible. */
function sharesOf(
  axes: readonly AxisCards[],
  tagsOf: (card: Card) => readonly string[] | undefined,
): Map<string, number> {
  const shares = new Map<string, number>();
  for (const { cards } of axes) {
    const counts = new Map<string, number>();
    for (const tag of cards.flatMap((card) => tagsOf(card) ?? [])) counts.set(tag, (counts.get(tag) ?? 0) + 1);
    for (const [tag, count] of counts) shares.set(tag, 1 - (1 - (shares.get(tag) ?? 0)) * (1 - count / cards.length));
  }
  return shares;
}

/**
 * Characters of a digest: 36 bits. Short, because a start reads the digests of all past combinations; two combinations that
 * share one, which a folder of a hundred thousand sees once in a million draws, cost another draw and nothing else.
 */
const DIGEST = 6;

function digestOf(combination: Combination): string {
  const key = AXES.map((axis) => combination[axis]).join(' ');
  return createHash('sha256').update(key).digest('base64url').slice(0, DIGEST);
}
