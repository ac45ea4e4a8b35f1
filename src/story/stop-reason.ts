// What the stop reasons of the Messages API, and of the endpoints behind gateways, say about a text.

/**
 * - whole: the model says that it is done
 * - cut_off: a limit cut it; the rest can be asked for
 * - refused: the model refused
 * - filtered: an output filter cut it
 * - paused: the model meant to go on, with a tool or later
 * - unknown: a reason that is not listed here
 * - missing: none was given
 */
export type StopKind = 'whole' | 'cut_off' | 'refused' | 'filtered' | 'paused' | 'unknown' | 'missing';

const KINDS: Record<Exclude<StopKind, 'unknown' | 'missing'>, readonly string[]> = {
  // The worker asks for no stop sequence: gateways say `stop_sequence` for reasons that they have no word for.
  whole: ['end_turn', 'stop', 'eos', 'eos_token', 'end', 'complete', 'completed', 'finished', 'done'],
  cut_off: [
    ...['max_tokens', 'model_context_window_exceeded', 'length', 'max_output_tokens', 'max_length', 'token_limit'],
    ...['context_length_exceeded', 'max_new_tokens', 'truncated'],
  ],
  refused: ['refusal'],
  filtered: [
    'content_filter',
    'content_filtered',
    'safety',
    'recitation',
    'prohibited_content',
    'blocklist',
    'sensitive',
  ],
  paused: ['pause_turn', 'tool_use', 'tool_calls', 'function_call'],
};

const BY_REASON = new Map(
  Object.entries(KINDS).flatMap(([kind, reasons]) => reasons.map((reason) => [reason, kind as StopKind] as const)),
);

/** What a stop reason says; other systems write it in capitals. */
export function stopKindOf(stopReason: string | null): StopKind {
  if (stopReason === null || stopReason.trim() === '') return 'missing';
  return BY_REASON.get(stopReason.trim().toLowerCase()) ?? 'unknown';
}
