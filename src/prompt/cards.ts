/** The axes along which one story differs from the next; each is a file of cards in config/premises. */
export const AXES = ['person', 'place', 'time', 'fear', 'presence', 'device', 'turn', 'structure', 'form'] as const;
export type Axis = (typeof AXES)[number];

/** A card as a story knows it; this is also how it stands in the metadata. */
export interface PremiseCard {
  /** Unique within its axis, and stable: metadata refers to it. */
  id: string;
  /** Korean, one line of the prompt. */
  text: string;
}

/** A card as its file describes it. */
export interface Card extends PremiseCard {
  /** Korean, a second line of the prompt that explains the card, such as the register of a form. */
  note?: string;
  /** What the card brings into a premise, such as `underground` or `winter`. */
  tags?: readonly string[];
  /** Tags of which each must be on another card of the premise. */
  requires?: readonly string[];
  /** Tags that must be on no other card of the premise. */
  excludes?: readonly string[];
}

/** The subject of one story: one card per axis. */
export type Premise = Record<Axis, PremiseCard>;

/** One axis: its Korean name, as it stands in the prompt, and its cards. */
export interface AxisCards {
  axis: Axis;
  label: string;
  cards: readonly Card[];
}

/** A record with one value per axis. */
export function byAxis<T>(make: (axis: Axis) => T): Record<Axis, T> {
  return Object.fromEntries(AXES.map((axis) => [axis, make(axis)])) as Record<Axis, T>;
}

/** The ids of a premise's cards by axis. */
export function idsOf(premise: Premise): Record<Axis, string> {
  return byAxis((axis) => premise[axis].id);
}
