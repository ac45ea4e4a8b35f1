import { NotFoundError } from '@anthropic-ai/sdk';
import type { MessageBatch, MessageBatchIndividualResponse } from '@anthropic-ai/sdk/resources/messages/batches';
import { ErrorInBody, toCallError } from '../call-error.js';
import { CallError } from '../failure.js';
import {
  createSdkClient,
  type EndpointOptions,
  type RequestOptions,
  toMessageParams,
  VENDOR_URL,
} from '../sdk-client.js';
import { StreamReader } from '../streaming/stream-reader.js';
import { proxyFor } from '../transport.js';
import { NO_TOKENS } from '../usage.js';
import type { BatchClient, BatchInfo, BatchResult } from './batch-client.js';

/** A client of the Message Batches API, through the SDK. */
export function createBatchClient(options: EndpointOptions & RequestOptions): BatchClient {
  const { batches } = createSdkClient(options).messages;
  const proxy = proxyFor(options.baseUrl ?? VENDOR_URL, options.env);
  return {
    create: (requests, signal) =>
      guard(signal, async () =>
        toInfo(
          await batches.create(
            {
              requests: requests.map(({ customId, prompt }) => ({
                custom_id: customId,
                params: toMessageParams(prompt, options, false),
              })),
            },
            { signal },
          ),
        ),
      ),
    retrieve: (id, signal) =>
      guard(signal, async () => {
        try {
          return toInfo(await batches.retrieve(id, {}, { signal }));
        } catch (error) {
          if (error instanceof NotFoundError) return null;
          throw error;
        }
      }),
    listSince: (since, signal) =>
      guard(signal, async () => {
        const found: BatchInfo[] = [];
        for await (const batch of batches.list({ limit: PAGE }, { signal })) {
          const info = toInfo(batch);
          // The newest come first.
          if (info.createdAt < since) break;
          found.push(info);
        }
        return found;
      }),
    results: (id, signal) => readResults(id, signal),
    cancel: (id, signal) => guard(signal, async () => toInfo(await batches.cancel(id, {}, { signal }))),
  };

  async function* readResults(id: string, signal: AbortSignal): AsyncGenerator<BatchResult> {
    try {
      for await (const response of await batches.results(id, {}, { signal })) yield toResult(response);
    } catch (error) {
      throw asCallError(error, signal);
    }
  }

  async function guard<T>(signal: AbortSignal, act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      throw asCallError(error, signal);
    }
  }

  function asCallError(error: unknown, signal: AbortSignal): unknown {
    if (error instanceof CallError || signal.aborted) return signal.aborted ? signal.reason : error;
    return toCallError(error, { signal }, new StreamReader(), proxy);
  }
}

/** Batches per page of a list; the most that the vendor gives. */
const PAGE = 100;

function toInfo({ id, created_at, processing_status, request_counts }: MessageBatch): BatchInfo {
  return {
    id,
    createdAt: Date.parse(created_at),
    hasEnded: processing_status === 'ended',
    counts: request_counts,
  };
}

function toResult({ custom_id: customId, result }: MessageBatchIndividualResponse): BatchResult {
  switch (result.type) {
    case 'succeeded': {
      const reader = new StreamReader();
      if (reader.readDocument({ ...result.message })) {
        return { customId, kind: 'answered', answer: { ...reader.answer(), irregularities: [] } };
      }
      return { customId, kind: 'failed', error: toFailedResult(result.message) };
    }
    case 'errored':
      return { customId, kind: 'failed', error: toUnbilled(toFailedResult(result.error)) };
    case 'expired':
    case 'canceled':
      return { customId, kind: result.type };
  }
}

/** A request that ended in an error has no message, and is not billed. */
function toUnbilled(error: CallError): CallError {
  return new CallError({ ...error.detail, usage: NO_TOKENS }, { cause: error });
}

/** A request's error has the form of an error in the body of a 200. */
function toFailedResult(body: unknown): CallError {
  const error = toCallError(
    new ErrorInBody(body, new Headers()),
    { signal: new AbortController().signal },
    new StreamReader(),
    null,
  );
  if (!(error instanceof CallError)) throw error;
  return error;
}
