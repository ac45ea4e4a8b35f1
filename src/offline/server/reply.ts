import type { IncomingMessage } from 'node:http';
import type { MessageCreateParamsStreaming, RefusalStopDetails } from '@anthropic-ai/sdk/resources/messages';

// What the endpoint is told to answer.

/** A reply, and everything that can be odd or wrong about it. A field that is absent is as the API does it. */
export interface Reply {
  /** Default 200. With any other, `error` is sent as JSON. */
  status?: number;
  headers?: Record<string, string>;
  /** The body of an error answer. */
  error?: { type: string; message: string; details?: Record<string, unknown> };
  /** Sent as it is in place of any other body: whole, or piece by piece. */
  body?: string | Uint8Array | readonly BodyPiece[];
  /** Blocks of the message, in order. Default none. */
  content?: ReplyBlock[];
  /** A word of the API, or of any gateway; null: the endpoint never says. Default end_turn. */
  stopReason?: string | null;
  stopDetails?: RefusalStopDetails;
  /** "absent" leaves the field out; anything else is sent as it is. Default: counted from the texts. */
  usage?: unknown;
  /** How fast text arrives. Default: at once. */
  charactersPerSecond?: number;
  /** Before the headers, in milliseconds. Default 0. */
  delayMs?: number;
  /** Sent after message_start, as by a model that thinks in silence. Default none. */
  pingsFirst?: Pings;
  fault?: Fault;
  /** For a request of a batch that is not processed. */
  batchResult?: 'expired' | 'canceled';
}

/** So many pings, with this time before each, in milliseconds. */
export interface Pings {
  count: number;
  everyMs: number;
}

/**
 * A piece of a raw body.
 *
 * - text or bytes: written at once
 * - waitMs: nothing is sent for so many milliseconds
 * - pings: ping events
 * - end: how the body ends where it does not end properly; `cut` destroys the socket, `stall` leaves it open
 */
export type BodyPiece = string | Uint8Array | { waitMs: number } | { pings: Pings } | { end: 'cut' | 'stall' };

export type ReplyBlock = { type: 'text'; text: string } | { type: 'thinking'; thinking: string };

/** Something that happens in the middle of a stream, once this many characters of it are sent. */
export interface Fault {
  afterCharacters: number;
  /**
   * - cut: the socket is destroyed
   * - end: the response ends without message_stop
   * - stall: nothing more is sent
   * - ping: nothing more but pings
   * - error: an error event
   */
  kind: 'cut' | 'end' | 'stall' | 'ping' | 'error';
  /** For `error`. */
  error?: { type: string; message: string };
}

/** A request as it arrived. */
export interface ReceivedRequest {
  body: MessageCreateParamsStreaming;
  headers: IncomingMessage['headers'];
  /** Of a request in a batch: how the batch names it. */
  customId?: string;
}

/** Decides the reply to a request; `index` counts requests from 0. */
export type Responder = (request: ReceivedRequest, index: number) => Reply | Promise<Reply>;
