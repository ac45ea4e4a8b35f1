/** HTML that is safe to put into a page. Everything else is escaped on its way there. */
export class Html {
  readonly text: string;
  private constructor(text: string) {
    this.text = text;
  }

  /** @param text that was made here, or by a library that escapes what it is given */
  static of(text: string): Html {
    return new Html(text);
  }

  toString(): string {
    return this.text;
  }
}

/** What may stand in a template: text is escaped, lists are put together, null and false leave nothing. */
export type Content = string | number | Html | null | false | readonly Content[];

/** A template that escapes whatever it is given. */
export function html(parts: TemplateStringsArray, ...contents: readonly Content[]): Html {
  return Html.of(parts.map((part, at) => part + render(contents[at] ?? null)).join(''));
}

function render(content: Content): string {
  if (content === null || content === false) return '';
  if (content instanceof Html) return content.text;
  if (typeof content === 'object') return content.map(render).join('');
  return escapeHtml(String(content));
}

const ENTITIES: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Text for an element or a quoted attribute, without characters that are no text. */
export function escapeHtml(text: string): string {
  return withoutControls(text).replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/** Controls, halves of characters, and marks that turn the direction of writing: a title may hold anything. */
const NO_TEXT = /[\p{Cc}\p{Cs}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text on one line, without characters that act on a terminal or a page instead of being seen. */
export function withoutControls(text: string): string {
  return text.replace(/\s+/g, ' ').replace(NO_TEXT, '');
}
