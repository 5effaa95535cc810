/** A page's Request and Response cross to the worker as plain data; here they are what the Fetch Standard has again. */
import type { SessionFetch } from '../../l2/http.ts';
import type { PlainRequest, PlainResponse } from '../api.ts';

export async function answerPlain(fetch: SessionFetch, plain: PlainRequest): Promise<PlainResponse> {
  const request = requestOf(plain);
  const response = request === null ? malformed() : await fetch(request);
  const body = new Uint8Array(await response.arrayBuffer());
  return { status: response.status, headers: [...response.headers], body: body.length === 0 ? null : body };
}

/** Of a whole URL its path and query count: nothing leaves this device. */
const HERE = 'https://sessions.invalid/';

/** Null: the Fetch Standard refuses it, for example a GET with a body. */
function requestOf({ method, url, headers, body }: PlainRequest): Request | null {
  try {
    return new Request(new URL(url, HERE), {
      method,
      headers: headers.map(([name, value]): [string, string] => [name, value]),
      ...(body !== null && { body: body.slice() }),
    });
  } catch (error) {
    if (error instanceof TypeError) return null;
    throw error;
  }
}

function malformed(): Response {
  const document = {
    type: '/problems/request-malformed',
    title: 'Request malformed',
    status: 400,
    detail: 'The request has a method, an address, a header or a body that no request may have. Correct it.',
  };
  return new Response(JSON.stringify(document), {
    status: 400,
    headers: { 'Content-Type': 'application/problem+json', 'Cache-Control': 'no-store' },
  });
}
