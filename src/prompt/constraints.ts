import type { Axis, AxisCards, Card } from './cards.js';

/** A card that a search may choose. */
export interface Candidate {
  axis: Axis;
  card: Card;
  /** What choosing it costs; a search keeps the sum within its budget. */
  cost: number;
}

/** The candidates of one axis, in the order in which they are tried. */
export type Hand = readonly Candidate[];

/** The tags of a card as bit sets. */
interface Bits {
  carries: bigint;
  requires: bigint;
  excludes: bigint;
}

/** What the cards chosen so far leave to the others. */
interface Tally {
  carried: bigint;
  required: bigint;
  budget: number;
}

/** Bounds the search of one draw, for cards that contradict each other in too many ways. The shipped cards take about ten. */
const MOST_STEPS = 2000;

/** Bounds the search that decides whether a card can be dealt at all: a wrong verdict would refuse a user's file. */
const MOST_STEPS_OF_CHECK = 200_000;

/** The constraints of a set of cards: which cards can be in one premise. */
export class Constraints {
  readonly #bits = new Map<Card, Bits>();

  constructor(axes: readonly AxisCards[]) {
    const positions = new Map<string, bigint>();
    const bitOf = (tag: string): bigint => {
      const known = positions.get(tag) ?? 1n << BigInt(positions.size);
      positions.set(tag, known);
      return known;
    };
    const union = (tags: readonly string[] = []): bigint => tags.reduce((bits, tag) => bits | bitOf(tag), 0n);
    for (const card of axes.flatMap(({ cards }) => cards)) {
      const { tags, requires, excludes } = card;
      this.#bits.set(card, { carries: union(tags), requires: union(requires), excludes: union(excludes) });
    }
  }

  /** Whether the cards, one per axis, can be in one premise. */
  allows(cards: readonly Card[]): boolean {
    const all = cards.map((card) => this.#bitsOf(card));
    const carried = all.reduce((bits, { carries }) => bits | carries, 0n);
    return all.every(
      (bits) =>
        (bits.requires & ~carried) === 0n &&
        // Mostly nobody carries what it excludes; a start asks this some ten thousand times.
        ((bits.excludes & carried) === 0n ||
          all.every((other) => other === bits || (bits.excludes & other.carries) === 0n)),
    );
  }

  /**
   * Chooses one candidate of every hand so that all of them fit together. Candidates are tried in their order, and the
   * first hand is decided first.
   * @returns null when no choice within the budget was found
   */
  choose(hands: readonly Hand[], budget: number, mostSteps = MOST_STEPS): Candidate[] | null {
    let steps = mostSteps;
    const extend = (open: readonly Hand[], next: readonly Candidate[], tally: Tally): Candidate[] | null => {
      for (const candidate of next) {
        if (candidate.cost > tally.budget) continue;
        if (steps-- <= 0) return null;
        const bits = this.#bitsOf(candidate.card);
        const left = tally.budget - candidate.cost;
        const rest = open
          .filter((hand) => hand[0]?.axis !== candidate.axis)
          .map((hand) => this.#compatible(hand, bits, left));
        if (rest.some((hand) => hand.length === 0)) continue;
        const grown = {
          carried: tally.carried | bits.carries,
          required: tally.required | bits.requires,
          budget: left,
        };
        if (rest.length === 0) {
          if ((grown.required & ~grown.carried) === 0n) return [candidate];
          continue;
        }
        const chosen = extend(rest, this.#nextToDecide(rest, grown), grown);
        if (chosen !== null) return [candidate, ...chosen];
      }
      return null;
    };
    return extend(hands, hands[0] ?? [], { carried: 0n, required: 0n, budget });
  }

  /** A missing tag is looked for first; else the axis with the fewest candidates is decided, so that a dead end shows early. */
  #nextToDecide(open: readonly Hand[], { carried, required }: Tally): Hand {
    const missing = required & ~carried;
    if (missing !== 0n) {
      const tag = missing & -missing;
      return open.flatMap((hand) => hand.filter(({ card }) => (this.#bitsOf(card).carries & tag) !== 0n));
    }
    return open.reduce((fewest, hand) => (hand.length < fewest.length ? hand : fewest));
  }

  #compatible(hand: Hand, { carries, excludes }: Bits, budget: number): Hand {
    if (carries === 0n && excludes === 0n && budget > 0) return hand;
    return hand.filter(({ card, cost }) => {
      const other = this.#bitsOf(card);
      return cost <= budget && (other.carries & excludes) === 0n && (other.excludes & carries) === 0n;
    });
  }

  #bitsOf(card: Card): Bits {
    const bits = this.#bits.get(card);
    if (bits === undefined) throw new Error(`the card ${card.id} is of another deck`);
    return bits;
  }
}

/** A card whose constraints cannot be met; the message is for the user. */
export interface ConstraintFault {
  axis: Axis;
  card: Card;
  message: string;
}

/** @returns the first card that names a tag nobody has, contradicts itself, or can never be dealt; null when all can be */
export function findConstraintFault(axes: readonly AxisCards[]): ConstraintFault | null {
  for (const { axis, cards } of axes) {
    const tagsOfOthers = new Set(axes.filter((other) => other.axis !== axis).flatMap(tagsOf));
    for (const card of cards) {
      const why = whyContradictory(card, tagsOfOthers);
      if (why !== null) return { axis, card, message: `카드 "${card.id}" (${card.text}): ${why}` };
    }
  }
  return findUndealable(axes);
}

function tagsOf({ cards }: AxisCards): string[] {
  return cards.flatMap(({ tags }) => tags ?? []);
}

function whyContradictory({ tags = [], requires = [], excludes = [] }: Card, known: Set<string>): string | null {
  const both = requires.find((tag) => excludes.includes(tag));
  if (both !== undefined) return `requires와 excludes에 같은 태그가 있습니다: ${both}`;
  const own = requires.find((tag) => tags.includes(tag));
  if (own !== undefined) return `requires의 태그가 이 카드의 tags에도 있습니다: ${own}`;
  const unknown = [...requires, ...excludes].find((tag) => !known.has(tag));
  if (unknown !== undefined) return `다른 소재에는 이 태그가 붙은 카드가 없습니다: ${unknown}`;
  return null;
}

/**
 * Of the cards of an axis with the same constraints one is tried, first in a combination that is known already and only
 * then by a search: every start of the worker does this.
 */
function findUndealable(axes: readonly AxisCards[]): ConstraintFault | null {
  const constraints = new Constraints(axes);
  const known: Candidate[][] = [];
  for (const { axis, cards } of axes) {
    const others = axes.filter((other) => other.axis !== axis).map((other) => handOf(other.axis, other.cards));
    const distinct = new Map(cards.map((card) => [JSON.stringify([card.tags, card.requires, card.excludes]), card]));
    for (const card of distinct.values()) {
      const fits = known.some((combination) =>
        constraints.allows(combination.map((chosen) => (chosen.axis === axis ? card : chosen.card))),
      );
      if (fits) continue;
      const found = constraints.choose([handOf(axis, [card]), ...others], 0, MOST_STEPS_OF_CHECK);
      if (found === null) {
        return {
          axis,
          card,
          message: `카드 "${card.id}" (${card.text}): 함께 뽑을 수 있는 카드가 없어 한 번도 나오지 않습니다`,
        };
      }
      known.push(found);
    }
  }
  return null;
}

function handOf(axis: Axis, cards: readonly Card[]): Hand {
  return cards.map((card) => ({ axis, card, cost: 0 }));
}
