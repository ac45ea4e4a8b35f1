import type { Usage } from './usage.js';

/**
 * An oddity of a stream that did not keep its text from being taken as whole.
 *
 * - broken_frame: a frame could not be read and was skipped, so a few words of the text may be missing; a doubt
 * - restarted: the endpoint began the message anew in the middle; the text is that of the last generation
 * - no_message_stop: the stream ended cleanly after its stop reason, without the final event
 * - no_stream: the endpoint answered with the whole message as JSON in place of a stream
 */
export type Irregularity = 'broken_frame' | 'restarted' | 'no_message_stop' | 'no_stream';

/** What came back from one call. Whether it is a story is for others to judge. */
export interface Answer {
  /** The text blocks, joined; thinking is left out. */
  text: string;
  /** As the endpoint calls it, `end_turn` or a word of its own such as `length`; null when it never said. */
  stopReason: string | null;
  /** The policy category of a refusal, when named. */
  refusalCategory: string | null;
  /** null when the endpoint did not report it, or reported what cannot be. */
  usage: Usage | null;
  /** The model that answered, as the endpoint names it; null when it does not. */
  model: string | null;
  requestId: string | null;
  /** The API's rate limits are nearly used up until then, milliseconds since the epoch; null when they are not. */
  slowUntil: number | null;
  /** In the order in which they were met; absent when there were none. */
  irregularities?: readonly Irregularity[];
}
