/** The page's half of the session layer as a web service: what crosses to the worker, and what comes back. */
import { describe, expect, it } from 'vitest';
import { createSessionFetch } from '../../src/app/session-fetch.ts';
import type { PlainRequest, PlainResponse } from '../../src/worker/api.ts';

function worker(answer: PlainResponse): {
  asked: PlainRequest[];
  fetch: ReturnType<typeof createSessionFetch>;
} {
  const asked: PlainRequest[] = [];
  const fetch = createSessionFetch(async (request) => {
    // As a structured clone: nothing but data gets through.
    asked.push(structuredClone(request));
    return structuredClone(answer);
  });
  return { asked, fetch };
}

describe('a request to the session layer', () => {
  it('crosses with method, address, headers and body, and its answer is a Response', async () => {
    const { asked, fetch } = worker({
      status: 409,
      headers: [['Content-Type', 'application/problem+json']],
      body: new TextEncoder().encode('{"type":"/problems/step-order"}'),
    });
    const response = await fetch('https://app.example/scan?x=1', {
      method: 'POST',
      headers: { Session: 'a'.repeat(32), 'Content-Type': 'application/json' },
      body: '{"at":1}',
    });
    expect(asked).toMatchObject([{ method: 'POST', url: 'https://app.example/scan?x=1' }]);
    expect(new Headers(asked[0]!.headers as [string, string][]).get('session')).toBe('a'.repeat(32));
    expect(new TextDecoder().decode(asked[0]!.body!)).toBe('{"at":1}');
    expect(response.status).toBe(409);
    expect(await response.json()).toEqual({ type: '/problems/step-order' });
  });

  it('without a body has none, and takes an answer without one', async () => {
    const { asked, fetch } = worker({ status: 204, headers: [], body: null });
    const response = await fetch(new Request('https://app.example/.sessions/x', { method: 'DELETE' }));
    expect(asked[0]!.body).toBeNull();
    expect(response.status).toBe(204);
    expect(await response.text()).toBe('');
  });

  it('that was given up does not reach the worker', async () => {
    const { asked, fetch } = worker({ status: 200, headers: [], body: null });
    await expect(fetch('https://app.example/x', { signal: AbortSignal.abort() })).rejects.toThrow();
    expect(asked).toEqual([]);
  });
});
