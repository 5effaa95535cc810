import { beforeEach, describe, expect, it } from 'vitest';
import { decode, encode } from '../../src/codec/cbor.ts';
import { createSessionFetch, type SessionFetch } from '../../src/l2/http.ts';
import { MAX_HTTP_BODY_BYTES } from '../../src/l2/limits.ts';
import { BRAVO, counterRegistry, services } from './counter.ts';
import { Device, KEY, Ledger } from './world.ts';

let ledger: Ledger;
let device: Device;
let fetch: SessionFetch;

const at = (path: string): string => `https://app.example${path}`;
const send = (
  path: string,
  body?: unknown,
  headers: Record<string, string> = {},
  method = 'POST',
): Promise<Response> =>
  fetch(
    new Request(at(path), { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) }),
  );
const begin = { 'Session-Key': KEY, 'Session-Operator': 'dock 2' };
async function problemOf(
  response: Response,
): Promise<{ type: string; status: number; detail: string; title: string; session?: string }> {
  expect(response.headers.get('Content-Type')).toBe('application/problem+json');
  const document = (await response.json()) as { type: string; status: number; detail: string; title: string };
  expect(document.status).toBe(response.status);
  return document;
}

beforeEach(() => {
  ledger = new Ledger();
  device = new Device(ledger, BRAVO);
  fetch = createSessionFetch({
    ...device.buffer,
    status: async (key, { session, version }) => ({ key, session: session ?? null, version: version ?? 1 }),
  });
});

describe('the Request/Response entry', () => {
  it('runs a whole session by the standard shapes', async () => {
    const created = await send('/create', { total: 5 }, begin);
    expect(created.status).toBe(201);
    expect(await created.json()).toEqual({ created: true });
    const session = created.headers.get('Session')!;
    const added = await send('/add', { n: 2 }, { Session: session });
    expect([added.status, await added.json()]).toEqual([200, { added: 2 }]);
    expect((await send(`/.sessions/${session}/pause`)).status).toBe(200);
    expect(await problemOf(await send('/add', { n: 2 }, { Session: session }))).toMatchObject({
      type: '/problems/session-paused',
    });
    expect((await send(`/.sessions/${session}/continue`)).status).toBe(200);
    expect((await send(`/.sessions/${session}/undo`)).status).toBe(200);
    await send('/finish', null, { Session: session });
    const committed = await send(`/.sessions/${session}/commit`);
    expect(await committed.json()).toMatchObject({
      id: session,
      status: { state: 'voting' },
      record: { total: 5 },
    });
    expect(device.proposals).toHaveLength(1);
    const list = await send('/.sessions', undefined, {}, 'GET');
    expect(await list.json()).toMatchObject([{ id: session }]);
    const status = await send(`/.status/${encodeURIComponent(KEY)}?session=${session}`, undefined, {}, 'GET');
    expect(await status.json()).toEqual({ key: KEY, session, version: 1 });
  });

  it('carries byte strings in CBOR, and as base64url text in JSON', async () => {
    const registry = counterRegistry(
      [1],
      [
        ...services,
        {
          ...services[0]!,
          path: '/bytes',
          handler: async (record, request) => ({
            record: record ?? 0,
            response: { status: 200, body: { got: request.body } },
          }),
        },
      ],
    );
    device = new Device(new Ledger(registry), BRAVO);
    fetch = createSessionFetch(device.buffer);
    const body = encode({ raw: new Uint8Array([251, 255, 190, 1]) });
    const headers = { ...begin, 'Content-Type': 'application/cbor', Accept: 'application/cbor' };
    const answered = await fetch(new Request(at('/bytes'), { method: 'POST', headers, body }));
    expect(answered.headers.get('Content-Type')).toBe('application/cbor');
    const read = decode(new Uint8Array(await answered.arrayBuffer()), 1000);
    expect(read.ok && read.value).toEqual({ got: { raw: new Uint8Array([251, 255, 190, 1]) } });
    const session = answered.headers.get('Session')!;
    const again = await fetch(
      new Request(at('/bytes'), {
        method: 'POST',
        headers: { Session: session, 'Content-Type': 'application/cbor' },
        body,
      }),
    );
    expect(await again.json()).toEqual({
      got: { raw: Buffer.from([251, 255, 190, 1]).toString('base64url') },
    });
  });

  it('gives the service’s own refusal as a problem document, with its status and type', async () => {
    const session = (await send('/create', { total: 5 }, begin)).headers.get('Session')!;
    const refused = await send('/add', { n: 'x' }, { Session: session });
    expect(refused.status).toBe(400);
    expect(await problemOf(refused)).toEqual({
      type: '/problems/number-missing',
      title: 'Number missing',
      status: 400,
      detail: 'Send a number n.',
      session,
    });
    const second = await problemOf(await send('/create', { total: 5 }, begin));
    expect(second).toMatchObject({ type: '/problems/session-open-elsewhere', status: 409, session });
    expect(await problemOf(await send('/courier-only', { n: 1 }, { Session: session }))).toMatchObject({
      status: 403,
    });
    expect(await problemOf(await send('/nothing', {}, { Session: session }))).toMatchObject({
      status: 404,
      type: '/problems/service-unknown',
    });
    expect(await problemOf(await send('/add', {}, { Session: 'f'.repeat(32) }))).toMatchObject({
      status: 404,
      type: '/problems/session-unknown',
    });
    expect(await problemOf(await send(`/.sessions/${session}/commit`))).toMatchObject({
      status: 409,
      type: '/problems/session-incomplete',
    });
  });

  it('refuses what is no request of it, and says what to do', async () => {
    expect(await problemOf(await send('/add', { n: 1 }))).toMatchObject({
      status: 400,
      detail: expect.stringContaining('Session-Key'),
    });
    expect(await problemOf(await send('/create', undefined, begin, 'PATCH'))).toMatchObject({ status: 405 });
    const bad = (body: BodyInit, type: string): Promise<Response> =>
      fetch(
        new Request(at('/create'), { method: 'POST', headers: { ...begin, 'Content-Type': type }, body }),
      );
    expect(await problemOf(await bad('{', 'application/json'))).toMatchObject({ status: 400 });
    expect(await problemOf(await bad(new Uint8Array([0xff]), 'application/json'))).toMatchObject({
      status: 400,
    });
    expect(
      await problemOf(await bad(new Uint8Array([0x1b, 0, 0, 0, 0, 0, 0, 0, 1]), 'application/cbor')),
    ).toMatchObject({ status: 400 });
    expect(await problemOf(await bad('<a/>', 'application/xml'))).toMatchObject({ status: 415 });
    expect(await problemOf(await bad('x'.repeat(MAX_HTTP_BODY_BYTES + 1), 'application/json'))).toMatchObject(
      { status: 413 },
    );
    for (const path of ['/.sessions/x/y/z', '/.sessions/x/explode'])
      expect((await send(path)).status).toBe(404);
    expect((await send('/.sessions', {})).status).toBe(405);
    expect((await send('/.sessions/x/commit', undefined, {}, 'GET')).status).toBe(405);
    expect(await problemOf(await send('/.sessions/commit', { not: 'a list' }))).toMatchObject({
      status: 400,
    });
    expect((await send('/.status/%ff', undefined, {}, 'GET')).status).toBe(400);
    expect((await send(`/.status/${KEY}?version=0`, undefined, {}, 'GET')).status).toBe(400);
    expect(device.disk.size).toBe(0);
  });

  it('commits many together, and tells each outcome', async () => {
    const ids: string[] = [];
    for (const name of ['a', 'b', 'c']) {
      const headers = { 'Session-Key': `counter/${name}`, 'Session-Operator': 'op' };
      const session = (await send('/create', { total: 1 }, headers)).headers.get('Session')!;
      if (name !== 'b') await send('/finish', null, { Session: session });
      ids.push(session);
    }
    const answered = await send('/.sessions/commit', ids);
    expect(answered.status).toBe(207);
    expect(await answered.json()).toMatchObject([
      { id: ids[0] },
      { type: '/problems/session-incomplete', session: ids[1] },
      { id: ids[2] },
    ]);
  });

  it('leaves no place for a service that would hide the session layer’s own', () => {
    expect(() => counterRegistry([1], [{ ...services[0]!, path: '/.sessions' }])).toThrow(RangeError);
  });
});
