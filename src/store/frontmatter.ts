import { stringify } from 'yaml';
import { GENRE, type Story } from '../story/story.js';

// The Markdown file of a story: YAML frontmatter above its text.

/** What the frontmatter adds to the story itself. */
export interface FrontmatterFacts {
  /** ISO 8601, local time with offset. */
  date: string;
  model: string;
  /** null unless the user set one. */
  temperature: number | null;
  /** Who wrote it: "anthropic", "offline" or a host. */
  provider: string;
}

/**
 * A date that YAML 1.1 takes for a timestamp is written without quotes: Hugo, Jekyll and Obsidian read both forms, the
 * `date` of an Astro collection only this one. Readers of YAML 1.2 get the same string as ever.
 */
const QUOTED_DATE = /^date: "([\dT:+.Z-]+)"$/m;

/** The Markdown file: YAML frontmatter, then the story as written. */
export function toMarkdown(story: Story, facts: FrontmatterFacts): string {
  const frontmatter = stringify(
    {
      title: story.title,
      date: facts.date,
      description: story.description,
      tags: story.tags,
      genre: GENRE,
      wordCount: story.wordCount,
      model: facts.model,
      provider: facts.provider,
      // Schemas that expect a number refuse null.
      ...(facts.temperature === null ? {} : { temperature: facts.temperature }),
      draft: false,
    },
    // One line a value: folded lines would be legal, and a nuisance to every grep. And for older readers a title "yes"
    // must not be a boolean.
    { lineWidth: 0, compat: 'yaml-1.1' },
  );
  return `---\n${frontmatter.replace(QUOTED_DATE, 'date: $1')}---\n\n${story.text}\n`;
}

/** The two parts of a Markdown file of `toMarkdown`; null when it is not put together like that. */
export function fromMarkdown(markdown: string): { frontmatter: string; text: string } | null {
  const [, frontmatter, text] = /^---\n([\s\S]*?\n)---\n\n([\s\S]*)\n$/.exec(markdown) ?? [];
  return frontmatter === undefined || text === undefined ? null : { frontmatter, text };
}
