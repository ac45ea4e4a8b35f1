import type { IncomingHttpHeaders, ServerResponse } from 'node:http';
import type { MessageCreateParamsStreaming } from '@anthropic-ai/sdk/resources/messages';
import type { MessageBatch, MessageBatchIndividualResponse } from '@anthropic-ai/sdk/resources/messages/batches';
import type { ReceivedRequest, Reply } from './reply.js';

// The Message Batches part of the endpoint: batches in memory, whose requests are answered as streamed ones would be.

/** How the batches of an endpoint behave. */
export interface BatchBehaviour {
  /** From a batch's creation to its end, in milliseconds. Default 0. */
  takesMs?: number;
  /**
   * What becomes of the n-th creation, from 0. Default: created.
   *
   * - lose_answer: the batch is created, and the connection breaks before the answer
   * - refuse: a 400, and nothing is created
   * - overload: a 529, and nothing is created
   */
  onCreate?: (index: number) => 'created' | 'lose_answer' | 'refuse' | 'overload';
  /** A batch that was just created is not listed for so long, in milliseconds. Default 0. */
  listedAfterMs?: number;
}

interface KeptBatch {
  id: string;
  createdAt: number;
  canceledAt: number | null;
  requests: { custom_id: string; params: MessageCreateParamsStreaming }[];
  results: Promise<MessageBatchIndividualResponse[]> | null;
}

export interface BatchServer {
  /** Answers a request below /v1/messages/batches. */
  handle(request: BatchHttpRequest, response: ServerResponse): Promise<void>;
  /** The batches so far, in order. */
  created(): readonly { id: string; customIds: string[] }[];
}

export interface BatchHttpRequest {
  method: string;
  /** With its query. */
  url: string;
  headers: IncomingHttpHeaders;
  body: string;
}

export const BATCHES_PATH = '/v1/messages/batches';

/**
 * @param respond answers one request; a reply with another status than 200 is an errored result
 * @param toMessage the message of a reply, as JSON
 */
export function createBatchServer(
  respond: (request: ReceivedRequest) => Reply | Promise<Reply>,
  toMessage: (body: MessageCreateParamsStreaming, reply: Reply) => object,
  { takesMs = 0, onCreate = () => 'created', listedAfterMs = 0 }: BatchBehaviour,
): BatchServer {
  const batches: KeptBatch[] = [];
  let creations = 0;
  return {
    created: () => batches.map(({ id, requests }) => ({ id, customIds: requests.map(({ custom_id }) => custom_id) })),
    handle: async (request, response) => {
      const [path = '', query = ''] = request.url.split('?');
      const [, id, action] = /^\/v1\/messages\/batches(?:\/([\w-]+)(?:\/(\w+))?)?$/.exec(path) ?? [];
      if (id === undefined && request.method === 'POST') return create(request, response);
      if (id === undefined) return list(new URLSearchParams(query), response);
      const batch = batches.find((each) => each.id === id);
      if (batch === undefined) return sendError(response, 404, 'not_found_error', `no such batch: ${id}`);
      if (action === 'results') return sendResults(batch, request.headers, response);
      if (action === 'cancel') batch.canceledAt ??= Date.now();
      return sendJson(response, await describe(batch, request.headers));
    },
  };

  async function create({ body }: BatchHttpRequest, response: ServerResponse): Promise<void> {
    const fate = onCreate(creations++);
    if (fate === 'refuse') return sendError(response, 400, 'invalid_request_error', 'the batch is refused');
    if (fate === 'overload') return sendError(response, 529, 'overloaded_error', 'Overloaded');
    const { requests } = JSON.parse(body) as { requests: KeptBatch['requests'] };
    const id = `msgbatch_offline_${String(batches.length + 1).padStart(4, '0')}`;
    const batch = { id, createdAt: Date.now(), canceledAt: null, requests, results: null };
    batches.push(batch);
    if (fate === 'lose_answer') response.destroy();
    else sendJson(response, toJson(batch, countsOf(batch, null)));
  }

  async function list(query: URLSearchParams, response: ServerResponse): Promise<void> {
    const limit = Number(query.get('limit') ?? 20);
    const after = query.get('after_id');
    const listed = batches.filter(({ createdAt }) => Date.now() - createdAt >= listedAfterMs).reverse();
    const from = after === null ? 0 : listed.findIndex(({ id }) => id === after) + 1;
    const page = listed.slice(from, from + limit);
    const data = await Promise.all(page.map((batch) => describe(batch, {})));
    const ends = { first_id: data[0]?.id ?? null, last_id: data.at(-1)?.id ?? null };
    sendJson(response, { data, has_more: from + limit < listed.length, ...ends });
  }

  async function sendResults(batch: KeptBatch, headers: IncomingHttpHeaders, response: ServerResponse): Promise<void> {
    const results = await resultsOf(batch, headers);
    if (results === null) return sendError(response, 404, 'not_found_error', 'the batch has not ended');
    response.writeHead(200, { 'content-type': 'application/x-jsonl' });
    // In another order than they were asked in.
    for (const result of [...results].reverse()) response.write(`${JSON.stringify(result)}\n`);
    response.end();
  }

  async function describe(batch: KeptBatch, headers: IncomingHttpHeaders): Promise<MessageBatch> {
    return toJson(batch, countsOf(batch, await resultsOf(batch, headers)));
  }

  /** @returns null as long as the batch has not ended */
  async function resultsOf(batch: KeptBatch, headers: IncomingHttpHeaders) {
    const { createdAt, canceledAt, requests } = batch;
    const end = createdAt + takesMs;
    if (Date.now() < end && canceledAt === null) return null;
    const isCanceled = canceledAt !== null && canceledAt < end;
    batch.results ??= Promise.all(
      requests.map(async ({ custom_id, params }) => {
        const result = isCanceled ? { type: 'canceled' } : await resultOf(custom_id, params, headers);
        return { custom_id, result } as MessageBatchIndividualResponse;
      }),
    );
    return batch.results;
  }

  async function resultOf(
    customId: string,
    params: MessageCreateParamsStreaming,
    headers: IncomingHttpHeaders,
  ): Promise<object> {
    const reply = await respond({ body: params, headers, customId });
    if (reply.batchResult !== undefined) return { type: reply.batchResult };
    if ((reply.status ?? 200) === 200) return { type: 'succeeded', message: toMessage(params, reply) };
    return { type: 'errored', error: { type: 'error', error: reply.error, request_id: null } };
  }
}

function countsOf({ requests }: KeptBatch, results: readonly MessageBatchIndividualResponse[] | null) {
  const counts = { processing: 0, succeeded: 0, errored: 0, canceled: 0, expired: 0 };
  if (results === null) return { ...counts, processing: requests.length };
  for (const { result } of results) counts[result.type]++;
  return counts;
}

function toJson({ id, createdAt, canceledAt }: KeptBatch, counts: MessageBatch['request_counts']): MessageBatch {
  const hasEnded = counts.processing === 0;
  return {
    id,
    type: 'message_batch',
    processing_status: hasEnded ? 'ended' : canceledAt === null ? 'in_progress' : 'canceling',
    request_counts: counts,
    created_at: new Date(createdAt).toISOString(),
    expires_at: new Date(createdAt + 86_400_000).toISOString(),
    ended_at: hasEnded ? new Date().toISOString() : null,
    cancel_initiated_at: canceledAt === null ? null : new Date(canceledAt).toISOString(),
    archived_at: null,
    // The vendor's is an address; of a path the SDK knows the host.
    results_url: hasEnded ? `${BATCHES_PATH}/${id}/results` : null,
  };
}

function sendJson(response: ServerResponse, value: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' });
  response.end(JSON.stringify(value));
}

function sendError(response: ServerResponse, status: number, type: string, message: string): void {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ type: 'error', error: { type, message } }));
}
