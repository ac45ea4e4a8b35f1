import type { Axis } from '../prompt/cards.js';
import { variants } from './materials.js';
import type { PremiseMaterials } from './premise-materials.js';
import { bestOf, openingKeyOf, type Picker } from './usage-history.js';

/** How a story begins. */
export interface Opening {
  readonly text: string;
  readonly tellsHour: boolean;
  readonly tellsPlace: boolean;
}

export interface OpeningSource {
  readonly materials: PremiseMaterials;
  readonly picker: Picker;
  /** Fills a template of an axis, in the voice of that axis. */
  readonly fill: (template: string, axis: Axis) => string;
  /** What the narrator does at the place: the tag of those variants. */
  readonly job: string | null;
}

/** Who has the first sentence, as often as it stands here; "place" stands for the hour and the place. */
const BEGINNINGS = ['form', 'form', 'form', 'form', 'person', 'person', 'person', 'place', 'place'] as const;
/** How many beginnings are tried for one that is not known yet. */
const MOST_TRIES = 40;
/** So many of them with the card that was to begin, so that the mix stays as it is when many are known. */
const TRIES_AS_WANTED = 12;

/** @param isKnown whether a first sentence, as `openingKey` writes it, was used before */
export function writeOpening(source: OpeningSource, isKnown: (openingKey: string) => boolean): Opening {
  const wanted = source.picker.any(BEGINNINGS);
  const make = (tries: number): { opening: Opening; fork: Picker } => {
    const fork = source.picker.fork(tries);
    const beginning = tries < TRIES_AS_WANTED ? wanted : fork.any(BEGINNINGS);
    return { opening: beginWith(beginning, { ...source, picker: fork }), fork };
  };
  const isNew = ({ opening }: { opening: Opening }): number => (isKnown(openingKeyOf(opening.text)) ? 0 : 1);
  const best = bestOf(MOST_TRIES, make, isNew, 1);
  source.picker.keep(best.fork);
  return best.opening;
}

/** The first paragraphs. Whichever card begins, the form is set before the story is under way. */
function beginWith(beginning: string, { materials, picker, fill, job }: OpeningSource): Opening {
  const { person, place, form } = materials.material;
  if (beginning === 'form') {
    const frame = picker.leastUsed(variants(form, 'open'));
    return { text: fill(frame, 'form'), tellsHour: tellsHour(frame), tellsPlace: false };
  }
  const axis = beginning === 'person' ? 'person' : 'place';
  const first =
    axis === 'person'
      ? picker.leastUsed(variants(person, 'open'))
      : `{when}, ${picker.leastUsed(variants(place, 'open', job))}`;
  const frame = frameAfter(first, variants(form, 'open'), picker);
  return {
    text: `${fill(first, axis)}\n\n${fill(frame, 'form')}`,
    tellsHour: tellsHour(first) || tellsHour(frame),
    tellsPlace: axis === 'place',
  };
}

/** How the form is set once the story has begun: without the hour and the place, if they are told already. */
function frameAfter(first: string, opens: readonly string[], picker: Picker): string {
  if (!tellsHour(first)) return picker.leastUsed(opens);
  const shorter = opens.map((open) => ({ open, frame: open.replace('{when}, {place}에', '그곳에') }));
  const fitting = shorter.filter(({ frame }) => !tellsHour(frame));
  const chosen = picker.leastUsed((fitting.length > 0 ? fitting : shorter).map(({ open }) => open));
  return shorter.find(({ open }) => open === chosen)?.frame ?? chosen;
}

function tellsHour(template: string): boolean {
  return template.includes('{when');
}
