/** HTML or XML that is inserted into a page as it is. Strings are escaped when they are inserted. */
export class Html {
  readonly text: string;
  private constructor(text: string) {
    this.text = text;
  }

  /** @param text must be safe: from this project, or from a library that escapes its input */
  static of(text: string): Html {
    return new Html(text);
  }

  toString(): string {
    return this.text;
  }
}

/** The values a template takes: text is escaped, lists are joined, null and false give nothing. */
export type Content = string | number | Html | null | false | readonly Content[];

/** A tag for template literals that escapes the values in them. */
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

/** Escapes text for an element or a quoted attribute, on one line and without control characters. */
export function escapeHtml(text: string): string {
  return escapeMarks(withoutControls(text));
}

/** The same for preformatted text: spaces and line ends stay. */
export function escapeLines(text: string): string {
  return escapeMarks(text.replace(NO_TEXT, (character) => (/[\t\n]/.test(character) ? character : '')));
}

function escapeMarks(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] ?? character);
}

/**
 * Control characters, lone surrogates, code points that XML forbids, and marks that change the direction of writing. A title
 * may contain any.
 */
const NO_TEXT = /[\p{Cc}\p{Cs}\ufffe\uffff\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu;

/** Text on one line, without characters that control a terminal or a page. */
export function withoutControls(text: string): string {
  return text.replace(/\s+/g, ' ').replace(NO_TEXT, '');
}
