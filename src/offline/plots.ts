/** One step of a story. What it says comes from the material; see passages.ts. */
export type Beat =
  | 'opening'
  | 'setting'
  | 'rewoundSetting'
  | 'self'
  | 'hour'
  | 'sense'
  | 'otherSense'
  | 'routine'
  | 'resumedRoutine'
  | 'firstMessage'
  | 'reaction'
  | 'memory'
  | 'earlyMemory'
  | 'hint'
  | 'contact'
  | 'clue'
  | 'sign'
  | 'fright'
  | 'inner'
  | 'earlyAside'
  | 'aside'
  | 'secondMessage'
  | 'secondReaction'
  | 'stay'
  | 'late'
  | 'approach'
  | 'turnBack'
  | 'approachAgain'
  | 'encounter'
  | 'visit'
  | 'peak'
  | 'echo'
  | 'lateAside'
  | 'retreat'
  | 'blocked'
  | 'choice'
  | 'leave'
  | 'lastMessage'
  | 'scene'
  | 'sceneInside'
  | 'last'
  | 'lastInside'
  | 'answer'
  | 'end'
  | 'close';

/** How the narrator hears from the outside: on the phone, by a note or a visit, or not at all. */
export type Contact = 'call' | 'note' | 'none';
/** Where the turn finds the narrator: at the way out, or still inside. */
export type Whereabouts = 'out' | 'in';

/** The skeleton of a story: its beats in the order in which they are told. */
export interface Plot {
  readonly name: string;
  readonly front: string;
  readonly back: string;
  readonly contact: Contact;
  readonly whereabouts: Whereabouts;
  readonly beats: readonly Beat[];
}

interface Half {
  readonly name: string;
  readonly beats: readonly Beat[];
}

/**
 * How a story gets under way. What may move moves; cause stays before effect: the messages in their order, hint before
 * sign, reactions right after what they answer. Every half gives a reason for staying before it ends.
 */
const FRONTS: readonly Half[] = [
  half(
    'in order',
    'opening setting self sense routine firstMessage reaction hint contact earlyAside memory clue sign fright inner aside',
    'secondMessage secondReaction stay',
  ),
  half(
    'message first',
    'opening firstMessage reaction rewoundSetting self resumedRoutine hint sense earlyAside memory clue sign fright aside',
    'secondMessage secondReaction stay',
  ),
  half(
    'memory first',
    'opening earlyMemory setting self routine hour hint firstMessage reaction earlyAside clue sense sign fright aside contact',
    'secondMessage secondReaction stay',
  ),
  half(
    'presence first',
    'opening setting routine hint self firstMessage reaction earlyAside sense clue memory sign fright aside contact',
    'secondMessage secondReaction late stay',
  ),
  half(
    'early contact',
    'opening setting contact routine self sense firstMessage reaction hint earlyAside clue memory sign fright aside',
    'secondMessage secondReaction inner stay',
  ),
  half(
    'late contact',
    'opening sense setting self routine hint firstMessage reaction earlyAside memory sign fright clue aside',
    'secondMessage secondReaction contact stay',
  ),
  half(
    'quiet',
    'opening setting hour routine otherSense hint self firstMessage reaction earlyAside memory clue late sign fright aside inner',
    'secondMessage secondReaction stay',
  ),
];

/** How a story comes to its end, up to the last message. */
const BACKS: readonly (Half & { whereabouts: Whereabouts })[] = [
  // Goes and sees, and runs.
  { ...half('flight', 'approach encounter peak lateAside retreat'), whereabouts: 'out' },
  // Goes, turns back, goes again.
  {
    ...half('second try', 'approach turnBack lateAside approachAgain encounter peak echo retreat'),
    whereabouts: 'out',
  },
  // Does not go: the presence comes. Then walks out.
  { ...half('walking out', 'visit echo peak lateAside leave'), whereabouts: 'out' },
  // Goes and sees, and cannot get out.
  { ...half('way out blocked', 'approach encounter peak blocked lateAside'), whereabouts: 'in' },
  // Wants to leave and cannot; then the presence comes.
  { ...half('shut in', 'blocked lateAside visit peak echo'), whereabouts: 'in' },
  // Could leave, and stays.
  { ...half('staying by choice', 'visit peak lateAside choice'), whereabouts: 'in' },
];

/** How every story ends, depending on where its turn finds the narrator. */
const ENDINGS: Readonly<Record<Whereabouts, readonly Beat[]>> = {
  out: ['lastMessage', 'scene', 'last', 'answer', 'end', 'close'],
  in: ['lastMessage', 'sceneInside', 'lastInside', 'answer', 'end', 'close'],
};

/** Every front with every back, so that two stories in a row share neither. */
export const PLOTS: readonly Plot[] = FRONTS.flatMap((front, row) =>
  BACKS.map((back, column) => ({
    name: `${front.name}, ${back.name}`,
    front: front.name,
    back: back.name,
    contact: contactOf(front, row + column),
    whereabouts: back.whereabouts,
    beats: [...front.beats, ...back.beats, ...ENDINGS[back.whereabouts]],
  })),
);

/** The beats that a story can do without. */
export const OPTIONAL_BEATS: ReadonlySet<Beat> = new Set(['otherSense', 'hour', 'late', 'inner', 'echo', 'sense']);

/** A call in every third plot with a contact: some turns bring one of their own. */
function contactOf({ beats }: Half, turn: number): Contact {
  if (!beats.includes('contact')) return 'none';
  return turn % 3 === 0 ? 'call' : 'note';
}

function half(name: string, ...lines: readonly string[]): Half {
  return { name, beats: lines.join(' ').split(' ') as Beat[] };
}
