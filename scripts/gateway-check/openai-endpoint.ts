import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';

/** A piece of a streamed body; `cut` destroys the socket, `comment` is a keep-alive that carries nothing. */
export type Piece = { data: unknown } | { comment: string } | { waitMs: number } | 'cut';

/** An answer of the endpoint behind the gateway, in the forms of the chat completions API. */
export type UpstreamReply =
  | { status: number; headers?: Record<string, string>; body: unknown }
  | { stream: readonly Piece[] };

/** A chat completions endpoint on loopback, for a gateway to call. */
export interface OpenAiEndpoint {
  /** Where a gateway posts to. */
  url: string;
  /** How many requests have come since `play`. */
  requests(): number;
  /** From now on requests, counted from 0, are answered so. */
  play(reply: (index: number) => UpstreamReply): void;
  close(): Promise<void>;
}

const PATH = '/v1/chat/completions';

export async function startOpenAiEndpoint(): Promise<OpenAiEndpoint> {
  let requests = 0;
  let replyTo = (_index: number): UpstreamReply => ({
    status: 500,
    body: { error: { message: 'no reply is planned' } },
  });
  const server: Server = createServer((request, response) => {
    request.resume().on('end', () => {
      void answer(response, replyTo(requests++));
    });
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}${PATH}`,
    requests: () => requests,
    play: (reply) => {
      [replyTo, requests] = [reply, 0];
    },
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

async function answer(response: ServerResponse, reply: UpstreamReply): Promise<void> {
  if ('status' in reply) {
    const isText = typeof reply.body === 'string';
    response.writeHead(reply.status, {
      'content-type': isText ? 'text/html' : 'application/json',
      ...reply.headers,
    });
    response.end(isText ? reply.body : JSON.stringify(reply.body));
    return;
  }
  response.writeHead(200, { 'content-type': 'text/event-stream' });
  for (const piece of reply.stream) {
    if (piece === 'cut') {
      // The gateway is to have what was sent before the connection breaks.
      await setTimeout(50);
      response.destroy();
      return;
    }
    if ('waitMs' in piece) await setTimeout(piece.waitMs, undefined, { ref: false });
    else if ('comment' in piece) response.write(`: ${piece.comment}\n\n`);
    else response.write(`data: ${typeof piece.data === 'string' ? piece.data : JSON.stringify(piece.data)}\n\n`);
  }
  response.end();
}
