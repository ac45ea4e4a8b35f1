/** One story with its variants, from which many whole stories are made. */
export interface StoryForm {
  /** What the story looks like. */
  form: string;
  titles: readonly string[];
  /** Words that differ from story to story: `{name}` in a paragraph. */
  slots: Readonly<Record<string, readonly string[]>>;
  paragraphs: readonly string[];
  /** Last lines that belong to the form, of which one ends the story; without them the last paragraph does. */
  endings?: readonly string[];
}
