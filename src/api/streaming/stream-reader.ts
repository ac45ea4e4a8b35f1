import type { Answer, Irregularity } from '../answer.js';
import { addKnownUsage, type Usage, UsageMeter } from '../usage.js';
import type { MessagePart } from './call-timeout.js';
import type { JsonObject } from './response-body.js';

/** One generation of a message. */
interface Generation {
  text: string[];
  characters: number;
  /** Anything was written, thinking included. */
  hasContent: boolean;
  model: string | null;
  stopReason: string | null;
  refusalCategory: string | null;
  usage: UsageMeter;
}

const newGeneration = (): Generation => ({
  ...{ text: [], characters: 0, hasContent: false, model: null, stopReason: null, refusalCategory: null },
  usage: new UsageMeter(),
});

/**
 * Puts an answer together from the events of a stream, or from a whole message, and trusts no field of them: endpoints
 * differ. A second message_start after content is a proxy that asked again: what came before it is another generation,
 * which was paid for but belongs to no answer.
 */
export class StreamReader {
  requestId: string | null = null;
  slowUntil: number | null = null;
  /** message_start has come. */
  started = false;
  /** message_stop has come. */
  complete = false;
  /** The endpoint speaks another API's language: chunks or completions with `choices`. */
  isForeign = false;
  /** The last data that was no JSON; null when there was none. */
  unreadable: string | null = null;
  #generation = newGeneration();
  /** The generations before it: the last one's text, and what all of them used, null when unknown. */
  #earlier: { generation: Generation; usage: Usage | null } | null = null;
  readonly #irregularities = new Set<Irregularity>();

  /** How much text there is so far. */
  get characters(): number {
    return this.#generation.characters;
  }

  /** The endpoint has said why the model stopped, so that nothing is missing but the formal end. */
  get isFinished(): boolean {
    return this.complete || (this.started && this.#generation.stopReason !== null);
  }

  /** @returns what the event brought */
  read(event: JsonObject): MessagePart {
    switch (event.type) {
      case 'message_start':
        return this.#start(fieldsOf(event.message));
      case 'content_block_start': {
        const block = fieldsOf(event.content_block);
        return block.type === 'text' ? this.#append(block.text) : this.#think(block.type);
      }
      case 'content_block_delta': {
        const delta = fieldsOf(event.delta);
        return delta.type === 'text_delta' ? this.#append(delta.text) : this.#think(delta.type);
      }
      case 'message_delta':
        this.#readEnd(fieldsOf(event.delta));
        this.#generation.usage.read(event.usage);
        return 'other';
      case 'message_stop':
        this.complete = this.started;
        return 'other';
      default:
        if (Array.isArray(event.choices)) this.isForeign = true;
        return 'other';
    }
  }

  /**
   * Takes a message that came as a whole, from an endpoint that does not stream.
   * @returns false when it is no message of the Messages API, or not a whole one
   */
  readDocument(message: JsonObject): boolean {
    if (message.type !== 'message' || !Array.isArray(message.content)) return false;
    this.#irregularities.add('no_stream');
    this.#generation.model = textOf(message.model);
    for (const block of message.content.map(fieldsOf)) {
      if (block.type === 'text') this.#append(block.text);
      else this.#think(block.type);
    }
    this.#readEnd(message);
    this.#generation.usage.read(message.usage);
    this.complete = this.#generation.stopReason !== null;
    this.started = this.complete;
    return this.complete;
  }

  /** An event that could not be read is passed over; what it said is missing. */
  skip(data: string): void {
    this.unreadable = data;
    if (/[{"]/.test(data)) this.#irregularities.add('broken_frame');
  }

  /** What all generations used; null when unknown. */
  usage(): Usage | null {
    const { usage, hasContent } = this.#generation;
    const last = usage.total(hasContent);
    return this.#earlier === null ? last : addKnownUsage(this.#earlier.usage, last);
  }

  /** The answer as far as it has come; whole once `isFinished`. */
  answer(): Answer {
    if (!this.complete && this.isFinished) this.#irregularities.add('no_message_stop');
    return this.#toAnswer(this.#generation);
  }

  /** What is worth keeping of a message that did not become whole; null when there is no text. */
  partial(): Answer | null {
    const generations = [this.#generation, this.#earlier?.generation];
    const written = generations.find((each) => each !== undefined && each.characters > 0);
    return written === undefined ? null : this.#toAnswer(written);
  }

  #start(message: JsonObject): MessagePart {
    if (this.#generation.hasContent) {
      this.#irregularities.add('restarted');
      this.#earlier = { generation: this.#generation, usage: this.usage() };
      this.#generation = newGeneration();
    }
    this.started = true;
    this.#generation.model = textOf(message.model) ?? this.#generation.model;
    this.#generation.usage.readStart(message.usage);
    return 'before_text';
  }

  #readEnd(fields: JsonObject): void {
    this.#generation.stopReason = textOf(fields.stop_reason) ?? this.#generation.stopReason;
    this.#generation.refusalCategory =
      textOf(fieldsOf(fields.stop_details).category) ?? this.#generation.refusalCategory;
  }

  #append(text: unknown): MessagePart {
    if (typeof text !== 'string' || text === '') return 'other';
    this.#beginContent();
    this.#generation.text.push(text);
    this.#generation.characters += text.length;
    return 'text';
  }

  #think(type: unknown): MessagePart {
    if (typeof type !== 'string' || !/thinking/.test(type)) return 'other';
    this.#beginContent();
    return 'before_text';
  }

  #beginContent(): void {
    this.#generation.hasContent = true;
    // Where message_start was the one event that could not be read.
    if (this.#irregularities.has('broken_frame')) this.started = true;
  }

  #toAnswer({ text, stopReason, refusalCategory, model }: Generation): Answer {
    const irregularities = [...this.#irregularities];
    return {
      ...{ text: text.join(''), stopReason, refusalCategory, model },
      usage: this.usage(),
      requestId: this.requestId,
      slowUntil: this.slowUntil,
      ...(irregularities.length === 0 ? {} : { irregularities }),
    };
  }
}

function fieldsOf(value: unknown): JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : {};
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
