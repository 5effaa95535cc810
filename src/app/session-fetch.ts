/**
 * `window.countersign.fetch`: the session layer as a web service, for other code in the page. A `Request` crosses to the worker as plain
 * data and comes back as a `Response`; nothing goes over a network (docs/architecture.md, "The session layer as a web service").
 */
import type { PlainRequest, PlainResponse } from '../worker/api.ts';

export type SessionFetch = (input: RequestInfo | URL, init?: RequestInit) => Promise<Response>;

export function createSessionFetch(ask: (request: PlainRequest) => Promise<PlainResponse>): SessionFetch {
  return async (input, init) => {
    const request = new Request(input, init);
    const body = request.body === null ? null : new Uint8Array(await request.arrayBuffer());
    // As `fetch` does: what was given up before it was sent is not sent.
    request.signal.throwIfAborted();
    const answer = await ask({
      method: request.method,
      url: request.url,
      headers: [...request.headers],
      body,
    });
    request.signal.throwIfAborted();
    return new Response(answer.body?.slice() ?? null, {
      status: answer.status,
      headers: answer.headers.map(([name, value]): [string, string] => [name, value]),
    });
  };
}
