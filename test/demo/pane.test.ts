import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fail, ok } from '../../src/codec/result.ts';
import { createPaneHub } from '../../src/demo/pane-hub.ts';
import { readPageMessage, readPaneMessage } from '../../src/demo/pane-protocol.ts';
import { attachPane, perform } from '../../src/demo/pane.ts';
import { requestFor, scanned } from '../../src/demo/workflow.ts';
import type { UiClient } from '../../src/ui/client.ts';
import type { NetworkState, PackageRecord, SessionView, TraceEvent } from '../../src/worker/api.ts';
import { A, B, event, fakeState, HONEST, KEY, profileOf } from './fake.ts';

const ORIGIN = 'https://demo.example';

/** A window that only knows messages: what is posted to it arrives as an event, with the sender that was set. */
class FakeWindow {
  readonly location = { origin: ORIGIN };
  readonly received: unknown[] = [];
  sender: unknown = null;
  private readonly listeners = new Set<(event: MessageEvent) => void>();
  setTimeout = (run: () => void, ms: number): number => setTimeout(run, ms) as unknown as number;
  clearTimeout = (id: number): void => clearTimeout(id);
  addEventListener(_: string, listener: (event: MessageEvent) => void): void {
    this.listeners.add(listener);
  }
  removeEventListener(_: string, listener: (event: MessageEvent) => void): void {
    this.listeners.delete(listener);
  }
  postMessage(data: unknown, origin: string): void {
    this.received.push(data);
    this.arrive(data, origin, this.sender);
  }
  arrive(data: unknown, origin: string, source: unknown): void {
    const copy: unknown = structuredClone(data);
    for (const listener of this.listeners) listener({ data: copy, origin, source } as MessageEvent);
  }
  as(): Window {
    return this as unknown as Window;
  }
}

interface Fake {
  readonly client: UiClient;
  readonly calls: string[];
  tell(state: NetworkState): void;
  trace(events: readonly TraceEvent[]): void;
}

function session(key: string, change: Partial<SessionView> = {}): SessionView {
  return {
    id: 's1',
    key,
    operator: 'op',
    startedAt: 0,
    baseVersion: 1,
    transactions: [],
    record: null,
    status: { state: 'local' },
    rebases: 0,
    ...change,
  } as SessionView;
}

function fakeClient(state: NetworkState, api: Partial<Record<keyof UiClient['api'], unknown>> = {}): Fake {
  const calls: string[] = [];
  let now = state;
  let onTrace: (events: readonly TraceEvent[]) => void = () => undefined;
  const listeners = new Set<() => void>();
  const set = (name: string) => (value: unknown) => {
    calls.push(`${name} ${String(value)}`);
    return Promise.resolve(ok(undefined));
  };
  return {
    calls,
    tell(next) {
      now = next;
      for (const listener of listeners) listener();
    },
    trace: (events) => onTrace(events),
    client: {
      getState: () => now,
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      verifier: () => Promise.reject(new Error('not used')),
      api: {
        setOffline: set('offline'),
        setLying: set('lying'),
        setDelay: set('delay'),
        trace(callback: typeof onTrace) {
          onTrace = callback;
          return Promise.resolve();
        },
        ...api,
      } as unknown as UiClient['api'],
    },
  };
}

describe('pane protocol', () => {
  it('takes real states and traces, and nothing that merely looks like them', () => {
    const events = HONEST.map(([, entry]) => entry);
    expect(readPaneMessage({ type: 'pane-trace', profile: profileOf(A), events })).toEqual({
      type: 'pane-trace',
      profile: profileOf(A),
      events,
    });
    expect(readPaneMessage({ type: 'pane-state', profile: profileOf(A), state: fakeState(A) })).toMatchObject(
      { state: { n: 4 } },
    );
    expect(readPaneMessage({ type: 'pane-state', profile: 'alfa', state: fakeState(A) })).toBeNull();
    expect(readPaneMessage({ type: 'pane-state', profile: profileOf(A), state: { n: 4 } })).toBeNull();
    expect(
      readPaneMessage({ type: 'pane-trace', profile: profileOf(A), events: [{ ...events[0], at: NaN }] }),
    ).toBeNull();
    expect(
      readPaneMessage({
        type: 'pane-trace',
        profile: profileOf(A),
        events: Array.from({ length: 501 }, () => events[0]),
      }),
    ).toBeNull();
    expect(readPaneMessage(null)).toBeNull();
  });

  it('obeys only commands of the list', () => {
    expect(readPageMessage({ type: 'control', command: 'lying', on: true })).not.toBeNull();
    expect(readPageMessage({ type: 'control', command: 'forget', on: true })).toBeNull();
    expect(readPageMessage({ type: 'control', command: 'delay', milliseconds: 1e9 })).toBeNull();
    expect(
      readPageMessage({
        type: 'control',
        command: 'run',
        call: 'c',
        job: { kind: 'step', sessionId: 's', step: 'abandon', courierId: 'x' },
      }),
    ).toBeNull();
  });
});

describe('page and pane', () => {
  let page: FakeWindow;
  let pane: FakeWindow;
  beforeEach(() => {
    page = new FakeWindow();
    pane = new FakeWindow();
    page.sender = pane;
    pane.sender = page;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('carries states, traces and commands between them', () => {
    const fake = fakeClient(fakeState(A));
    const seen: string[] = [];
    const hub = createPaneHub(
      [profileOf(A)],
      {
        onState: (m, s) => seen.push(`state ${m} ${s.here}`),
        onTrace: (m, e) => seen.push(`trace ${m} ${e.length}`),
      },
      page.as(),
    );
    hub.attach(A, pane.as());
    const detach = attachPane(fake.client, page.as(), pane.as());
    fake.tell(fakeState(A, { here: 2 }));
    fake.trace(HONEST.slice(0, 3).map(([, entry]) => entry));
    hub.send(A, { type: 'control', command: 'offline', on: true });
    expect(seen).toEqual(['state 0 4', 'state 0 2', 'trace 0 3']);
    expect(fake.calls).toEqual(['offline true']);
    detach();
    fake.tell(fakeState(A, { here: 1 }));
    hub.send(A, { type: 'control', command: 'offline', on: false });
    expect(seen).toHaveLength(3);
    expect(fake.calls).toHaveLength(1);
  });

  it('ignores other windows, other origins, and a pane that speaks for another member', () => {
    const fake = fakeClient(fakeState(A));
    const onState = vi.fn();
    const hub = createPaneHub([profileOf(A), profileOf(B)], { onState, onTrace: vi.fn() }, page.as());
    hub.attach(A, pane.as());
    const message = { type: 'pane-state', profile: profileOf(A), state: fakeState(A) };
    page.arrive(message, 'https://evil.example', pane);
    page.arrive(message, ORIGIN, new FakeWindow());
    page.arrive({ ...message, profile: profileOf(B) }, ORIGIN, pane);
    expect(onState).not.toHaveBeenCalled();
    page.arrive(message, ORIGIN, pane);
    expect(onState).toHaveBeenCalledTimes(1);
    attachPane(fake.client, page.as(), pane.as());
    pane.arrive({ type: 'control', command: 'lying', on: true }, ORIGIN, new FakeWindow());
    pane.arrive({ type: 'control', command: 'lying', on: true }, 'https://evil.example', page);
    expect(fake.calls).toEqual([]);
  });

  it('gives each call its own answer, and does not wait for ever for a pane that died', async () => {
    const fake = fakeClient(fakeState(B), {
      start: (key: string) => Promise.resolve(ok(session(key))),
      package: () => Promise.resolve({}),
    });
    const hub = createPaneHub(
      [profileOf(A), profileOf(B)],
      { onState: vi.fn(), onTrace: vi.fn() },
      page.as(),
    );
    hub.attach(B, pane.as());
    attachPane(fake.client, page.as(), pane.as());
    expect(await hub.call(B, { kind: 'start', key: KEY, operator: 'op' })).toEqual({
      ok: true,
      sessionId: 's1',
      key: KEY,
    });
    expect(await hub.call(A, { kind: 'commit', sessionId: 's1' })).toMatchObject({
      ok: false,
      type: 'pane-busy',
    });
    vi.useFakeTimers();
    hub.attach(A, new FakeWindow().as());
    const silent = hub.call(A, { kind: 'commit', sessionId: 's1' });
    await vi.advanceTimersByTimeAsync(20_000);
    expect(await silent).toMatchObject({ ok: false, type: 'pane-silent' });
  });
});

describe('jobs of a pane', () => {
  const notice = [
    { envelope: 'one', sscc: '040123450000001112', asnId: 'x', lines: 1 },
    { envelope: 'two', sscc: '040123450000001129', asnId: 'x', lines: 1 },
  ];

  it('announces the next package that the network does not have, from the signed notice', async () => {
    const fake = fakeClient(fakeState(A), {
      readManifests: () => Promise.resolve(ok(notice)),
      package: (sscc: string) => Promise.resolve(sscc.endsWith('1112') ? {} : null),
      createPackage: (envelope: string) => Promise.resolve(ok(session(`package/${envelope}`))),
    });
    expect(await perform(fake.client, { kind: 'announce', notice: '[]' })).toMatchObject({
      ok: true,
      key: 'package/two',
    });
  });

  it('does not announce a package twice while its first vote is still waiting', async () => {
    const waiting = fakeState(A, {
      sessions: [session('package/040123450000001112', { status: { state: 'voting' } })],
    });
    const fake = fakeClient(waiting, {
      readManifests: () => Promise.resolve(ok(notice)),
      package: () => Promise.resolve(null),
      createPackage: (envelope: string) => Promise.resolve(ok(session(`package/${envelope}`))),
    });
    expect(await perform(fake.client, { kind: 'announce', notice: '[]' })).toMatchObject({
      key: 'package/two',
    });
  });

  it('lets the supplier sign one itself when the notice is used up', async () => {
    const signed: string[] = [];
    const fake = fakeClient(fakeState(A), {
      readManifests: () => Promise.resolve(ok([])),
      signManifest: (json: string) => {
        signed.push(json);
        return Promise.resolve(ok({ envelope: 'own' }));
      },
      createPackage: () => Promise.resolve(ok(session('package/own'))),
    });
    expect(await perform(fake.client, { kind: 'announce', notice: '[]' })).toMatchObject({
      key: 'package/own',
    });
    expect(JSON.parse(signed[0]!)).toMatchObject({
      supplierGln: '4012345000115',
      shipToGln: '9521141000014',
    });
  });

  it('waits for a package that has not arrived instead of calling it unknown', async () => {
    const fake = fakeClient(fakeState(B), { package: () => Promise.resolve(null) });
    expect(await perform(fake.client, { kind: 'start', key: KEY, operator: 'op' })).toMatchObject({
      ok: false,
      type: 'key-unknown',
    });
  });

  it('hands back the sentence of a refused step', async () => {
    const refusal = {
      type: 'step-refused',
      message: 'Package …1112 has no label yet. Label it first.',
    } as const;
    const fake = fakeClient(fakeState(B, { sessions: [session(KEY)] }), {
      step: () => Promise.resolve(fail(refusal)),
    });
    expect(
      await perform(fake.client, { kind: 'step', sessionId: 's1', step: 'finish', courierId: 'delta' }),
    ).toEqual({ ok: false, ...refusal });
  });

  it('inspects every line of the manifest, not only the first', () => {
    const record = {
      sscc: '040123450000001112',
      manifest: { content: { lines: [{}, {}, {}] } },
    } as unknown as PackageRecord;
    const { body } = requestFor('quality', record, 'delta', 5) as unknown as {
      body: { lines: { line: number }[] };
    };
    expect(body.lines.map((line) => line.line)).toEqual([0, 1, 2]);
    expect(scanned(record.sscc)).toBe(']C100040123450000001112');
  });

  it('traces that arrive before a state has a profile are not sent under a wrong name', () => {
    const page = new FakeWindow();
    const pane = new FakeWindow();
    const fake = fakeClient(null as unknown as NetworkState);
    attachPane(fake.client, page.as(), pane.as());
    fake.trace([event(0, 'proposed', A)]);
    expect(page.received).toEqual([]);
  });
});
