import Anthropic from '@anthropic-ai/sdk';
import type { MessageCreateParamsNonStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { Prompt } from '../prompt/prompt.js';
import { chooseFetch } from './transport.js';

// The SDK's client and the parameters of a request, shared by streamed calls and batches.

/** Where the API is, and how it is reached. */
export interface EndpointOptions {
  apiKey: string | null;
  authToken: string | null;
  /** null: the vendor's. */
  baseUrl: string | null;
  /** The longest silence, in milliseconds. */
  idleMs: number;
  /** The longest call, in milliseconds. */
  totalMs: number;
  /** Where a proxy is looked for. */
  env: NodeJS.ProcessEnv;
  /** Where the SDK's own warnings go. */
  onSdkMessage: (text: string) => void;
}

/** What every request for a story has in common. */
export interface RequestOptions {
  model: string;
  maxTokens: number;
  /** Sent only when not null: the vendor's current API refuses it, local endpoints take it. */
  temperature: number | null;
}

/** The vendor's address. */
export const VENDOR_URL = 'https://api.anthropic.com';

export function createSdkClient(options: EndpointOptions): Anthropic {
  const { apiKey, authToken, baseUrl, idleMs, totalMs, env, onSdkMessage } = options;
  const baseURL = baseUrl ?? VENDOR_URL;
  const fetch = chooseFetch({ baseUrl: baseURL, silenceMs: Math.min(idleMs, totalMs), env });
  const quiet = () => {};
  return new Anthropic({
    // Explicit credentials keep the SDK from looking for profiles on disk, which may name another endpoint.
    ...(authToken !== null && apiKey === null
      ? { apiKey: null, authToken }
      : { apiKey: apiKey ?? 'none', authToken: null }),
    baseURL,
    ...(fetch === null ? {} : { fetch }),
    // The worker's loop is the one layer that retries.
    maxRetries: 0,
    // Ours fires first; the SDK's own ends at the headers, and takes whole milliseconds only.
    timeout: Math.ceil(2 * totalMs),
    openTelemetry: false,
    logLevel: 'warn',
    logger: { error: onSdkMessage, warn: onSdkMessage, info: quiet, debug: quiet },
  });
}

/** @param thinking whether a summary of the model's thinking is asked for */
export function toMessageParams(
  { system, user, rest }: Prompt,
  { model, maxTokens, temperature }: RequestOptions,
  thinking: boolean,
): MessageCreateParamsNonStreaming {
  // The rest is asked for in a turn of its own: an answer that is begun for the model is refused by those that think.
  const goOn: MessageCreateParamsNonStreaming['messages'] =
    rest === undefined
      ? []
      : [
          { role: 'assistant', content: rest.written },
          { role: 'user', content: rest.ask },
        ];
  const params: MessageCreateParamsNonStreaming = {
    model,
    max_tokens: maxTokens,
    system,
    messages: [{ role: 'user', content: user }, ...goOn],
  };
  if (thinking) params.thinking = { type: 'adaptive', display: 'summarized' };
  // The SDK's types follow the vendor's current API, which has no temperature any more.
  return temperature === null ? params : { ...params, ...{ temperature } };
}
