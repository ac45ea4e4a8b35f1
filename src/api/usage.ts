/** Tokens of one call or of many, in the words of the original's metadata. */
export interface Usage {
  /** Everything sent, cached or not. */
  input_tokens: number;
  /** Everything written, thinking included. */
  output_tokens: number;
  total_tokens: number;
}

export const NO_TOKENS: Usage = { input_tokens: 0, output_tokens: 0, total_tokens: 0 };

export function toUsage(inputTokens: number, outputTokens: number): Usage {
  return { input_tokens: inputTokens, output_tokens: outputTokens, total_tokens: inputTokens + outputTokens };
}

export function addUsage(a: Usage, b: Usage): Usage {
  return toUsage(a.input_tokens + b.input_tokens, a.output_tokens + b.output_tokens);
}

/** The sum, as far as it is known: null as soon as one of the two is not. */
export function addKnownUsage(a: Usage | null, b: Usage | null): Usage | null {
  return a === null || b === null ? null : addUsage(a, b);
}

/**
 * Gathers usage while a stream reports it piece by piece. Endpoints leave fields out, send null, or send things that are
 * no token counts: such a field counts as unknown, and never as 0. Gateways that do not know a count put 0 in its place,
 * at times only in the last frame: a 0 never replaces a count, and one that cannot be true is unknown.
 */
export class UsageMeter {
  #input: number | null = null;
  #cacheWritten = 0;
  #cacheRead = 0;
  #output: number | null = null;

  /** @param report the `usage` of message_start; its output count was made before anything was written */
  readStart(report: unknown): void {
    if (typeof report === 'object') this.read({ ...report, output_tokens: null });
  }

  /** @param report the `usage` of message_delta, whatever it is; later counts replace earlier ones */
  read(report: unknown): void {
    if (typeof report !== 'object' || report === null) return;
    const fields = report as Record<string, unknown>;
    this.#input = later(fields.input_tokens, this.#input);
    this.#output = later(fields.output_tokens, this.#output);
    // The API reports cached input apart from input_tokens.
    this.#cacheWritten = later(fields.cache_creation_input_tokens, this.#cacheWritten);
    this.#cacheRead = later(fields.cache_read_input_tokens, this.#cacheRead);
  }

  /**
   * @param hasContent text or thinking has arrived, which takes tokens
   * @returns null unless both directions are known
   */
  total(hasContent: boolean): Usage | null {
    if (this.#input === null || this.#output === null) return null;
    const input = this.#input + this.#cacheWritten + this.#cacheRead;
    // Every request has a prompt.
    if (input === 0 || (hasContent && this.#output === 0)) return null;
    return toUsage(input, this.#output);
  }
}

/** The count that holds after a report: the reported one, unless it is no count, or a 0 after a real one. */
function later<Count extends number | null>(reported: unknown, before: Count): number | Count {
  return isTokenCount(reported) ? reported || (before ?? 0) : before;
}

function isTokenCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0;
}
