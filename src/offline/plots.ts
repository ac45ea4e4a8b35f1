import { asRecord, readJson } from './json.js';

/** The steps of a story. What each says comes from the material; see passages.ts. */
const BEATS = [
  'opening',
  'setting',
  'rewoundSetting',
  'self',
  'routine',
  'resumedRoutine',
  'firstMessage',
  'reaction',
  'hint',
  'contact',
  'clue',
  'otherClue',
  'sign',
  'fright',
  'trace',
  'inner',
  'earlyAside',
  'aside',
  'secondMessage',
  'secondReaction',
  'stay',
  'late',
  'approach',
  'turnBack',
  'approachAgain',
  'encounter',
  'visit',
  'peak',
  'echo',
  'lateAside',
  'retreat',
  'blocked',
  'choice',
  'leave',
  'lastMessage',
  'scene',
  'sceneInside',
  'last',
  'lastInside',
  'answer',
  'end',
  'close',
  'thread1',
  'thread2',
  'thread3',
  'thread4',
  'thread5',
  'thread6',
] as const;
export type Beat = (typeof BEATS)[number];

/** How the narrator hears from the outside: on the phone, by a note or a visit, or not at all. */
export type Contact = 'call' | 'note' | 'none';
/** Where the turn finds the narrator: at the way out, or still inside. */
export type Whereabouts = 'out' | 'in';

/** The skeleton of a story: its beats in the order in which they are told. */
export interface Plot {
  readonly name: string;
  /** The id of the structure card that it follows. */
  readonly structure: string;
  /** The name of the half that gets it under way. */
  readonly front: string;
  /** The name of the half that brings it to its end. */
  readonly back: string;
  readonly contact: Contact;
  readonly whereabouts: Whereabouts;
  /** Whether the narrator says it all aloud, to somebody who asks. */
  readonly isSpoken: boolean;
  readonly beats: readonly Beat[];
}

/** The beats that a story can do without. */
export const OPTIONAL_BEATS: ReadonlySet<Beat> = new Set(['reaction', 'secondReaction', 'contact', 'late']);

const FILE = 'offline/plots.json';
/** Stands for the turn, which is told as it finds the narrator. */
const TURN = 'turn';
const TURN_BEATS: Readonly<Record<Whereabouts, readonly Beat[]>> = {
  out: ['lastMessage', 'scene', 'last'],
  in: ['lastMessage', 'sceneInside', 'lastInside'],
};
/** The beats that take the narrator to the way out. */
const WAYS_OUT: readonly string[] = ['retreat', 'leave'];

/**
 * Reads the plots: every front of a structure with every back of it, so that two stories in a row share neither half.
 * @param structures the ids of the structure cards; each must have plots, and no other structure may
 * @throws when the file names an unknown beat or structure, or has no plots for a structure
 */
export function readPlots(structures: readonly string[]): readonly Plot[] {
  const entries = Object.entries(asRecord(asRecord(readJson(FILE), FILE).structures, FILE));
  const unknown = entries.find(([id]) => !structures.includes(id));
  if (unknown !== undefined) throw new Error(`${FILE}: there is no structure card "${unknown[0]}".`);
  const plots = entries.flatMap(([id, value]) => plotsOf(id, asRecord(value, `${FILE} ${id}`)));
  const without = structures.find((id) => plots.every(({ structure }) => structure !== id));
  if (without !== undefined) throw new Error(`${FILE}: the structure "${without}" has no plots.`);
  const names = plots.map(({ name }) => name);
  const doubled = names.find((name, index) => names.indexOf(name) !== index);
  if (doubled !== undefined) throw new Error(`${FILE}: two plots are named "${doubled}".`);
  return plots;
}

/** How many of its thread's passages a plot tells. */
export function threadsOf({ beats }: Plot): number {
  return beats.filter((beat) => beat.startsWith('thread')).length;
}

/** Whether a plot narrates both its presence and its turn, as a reader who knows no structure expects. */
export function leavesNothingOut({ beats, isSpoken }: Plot): boolean {
  const narrates = (...any: readonly Beat[]): boolean => any.some((beat) => beats.includes(beat));
  return !isSpoken && narrates('encounter', 'visit') && narrates('scene', 'sceneInside');
}

function plotsOf(structure: string, { fronts, backs, tail, spoken }: Record<string, unknown>): Plot[] {
  const where = `${FILE} ${structure}`;
  return Object.entries(asRecord(fronts, where)).flatMap(([front, first], row) =>
    Object.entries(asRecord(backs, where)).map(([back, second], column) => {
      const words = [first, second, tail].flatMap((half) => (typeof half === 'string' ? half.split(' ') : []));
      const whereabouts = words.some((word) => WAYS_OUT.includes(word)) ? 'out' : 'in';
      const beats = words.flatMap((word) => (word === TURN ? TURN_BEATS[whereabouts] : [toBeat(word, where)]));
      return {
        name: `${front}, ${back}`,
        structure,
        front,
        back,
        contact: contactOf(beats, row + column),
        whereabouts,
        isSpoken: spoken === true,
        beats,
      };
    }),
  );
}

function toBeat(word: string, where: string): Beat {
  const beat = BEATS.find((candidate) => candidate === word);
  if (beat === undefined) throw new Error(`${where}: "${word}" is no beat.`);
  return beat;
}

/** A call in every third plot with a contact: some turns bring one of their own. */
function contactOf(beats: readonly Beat[], turn: number): Contact {
  if (!beats.includes('contact')) return 'none';
  return turn % 3 === 0 ? 'call' : 'note';
}
