import type { Random } from '../../../lib/random.js';
import type { StoryForm } from './sample-stories/forms.js';
import { PAPERS } from './sample-stories/papers.js';
import { PROSE } from './sample-stories/prose.js';
import { RECORDS } from './sample-stories/records.js';

/** A whole Korean story as a good model writes one, without anything around it. */
export interface SampleStory {
  form: string;
  title: string;
  /** Below the title, paragraphs separated by blank lines. */
  body: string;
}

/** Every form of which there are stories. */
export const STORY_FORMS: readonly StoryForm[] = [...PROSE, ...PAPERS, ...RECORDS];

/**
 * A story of one form. The same random numbers give the same story.
 * @param form one of `STORY_FORMS`; without one, any of them
 */
export function sampleStory(random: Random, form: StoryForm = pick(STORY_FORMS, random)): SampleStory {
  const words = Object.entries(form.slots).map(([slot, values]) => [slot, pick(values, random)] as const);
  const fill = (text: string) => words.reduce((filled, [slot, word]) => filled.replaceAll(`{${slot}}`, word), text);
  const last = form.endings === undefined ? [] : [pick(form.endings, random)];
  const paragraphs = [...form.paragraphs, ...last].map(fill);
  return { form: form.form, title: pick(form.titles, random), body: paragraphs.join('\n\n') };
}

export function pick<T>(values: readonly T[], random: Random): T {
  const value = values[Math.floor(random() * values.length)];
  if (value === undefined) throw new Error('nothing to pick from');
  return value;
}
