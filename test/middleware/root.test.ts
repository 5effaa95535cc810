/** The worker's root while its replica is opened, opened again, and cannot be: the replica itself is played. */
import { beforeEach, describe, expect, it, vi } from 'vitest';
import { asKey } from '../../src/codec/brand.ts';
import { ok, type Result } from '../../src/codec/result.ts';
import type { AccessAnswer, AccessPort, JudgedProof, KvStatus, OpenError } from '../../src/worker/kv/api.ts';
import type { KvApplication } from '../../src/worker/kv/application.ts';
import { createKvRoot } from '../../src/worker/kv/root.ts';
import type { OpenOptions, ReplicaParts } from '../../src/worker/open-replica.ts';

const EPOCH = { digest: 'e', number: 0, members: [] };
const PROPOSAL = {
  key: asKey('k'),
  version: 1,
  previousBody: null,
  previousDigest: null,
  // The canonical encoding of null.
  body: Uint8Array.of(0xf6),
} as unknown as Parameters<KvApplication['validate']>[0];

/** What the replica does when it is opened, and what it was given. */
let starts: (application: KvApplication) => Promise<Result<undefined, OpenError>>;
let given: OpenOptions;

vi.mock('../../src/store/idb-store.ts', async (original) => ({
  ...(await original<object>()),
  openIdentity: async () => ok({ read: async () => ok({}), close: () => undefined }),
}));
vi.mock('../../src/worker/open-replica.ts', async (original) => ({
  ...(await original<object>()),
  async openReplica(options: OpenOptions, make: (parts: ReplicaParts) => KvApplication) {
    given = options;
    const replica = { options: { epoch: { epoch: EPOCH.digest } }, core: { instances: new Map() } };
    const parts = { replica, epoch: { network: 'n' }, chain: { epochs: [EPOCH], links: [] }, binding: {} };
    const application = make(parts as unknown as ReplicaParts);
    const started = await starts(application);
    if (!started.ok) return started;
    const state = { network: { id: 'n', name: 'Titles' }, standing: { kind: 'voter' } };
    const evidence = async (): Promise<[]> => [];
    return ok({
      parts,
      application: { ...application, evidence },
      state: () => state,
      close: () => Promise.resolve(),
    });
  },
}));

beforeEach(() => {
  starts = async () => ok(undefined);
  const locks = { request: (_name: string, _options: unknown, run: () => Promise<unknown>) => run() };
  vi.stubGlobal('navigator', { locks });
});

interface Page {
  readonly root: ReturnType<typeof createKvRoot>;
  /** Newest status. */
  status(): KvStatus | undefined;
}

async function opened(access: AccessPort | null = null): Promise<Page> {
  const root = createKvRoot('ws://localhost:1/signal');
  const told: KvStatus[] = [];
  const result = await root.open(
    { identity: 'me', invitation: null, genesis: null, joinSecret: null, signaling: null, iceServers: null, rules: 1, sessions: null },
    access,
    null,
    () => undefined,
    (status) => told.push(status),
  ); // prettier-ignore
  if (!result.ok) throw new Error(result.error.message);
  return { root, status: () => told.at(-1) };
}

describe('a replica that cannot be opened again', () => {
  const ways: readonly [string, () => Promise<Result<undefined, OpenError>>, string][] = [
    ['its rules differ now', async () => ({ ok: false, error: { type: 'rules-differ', message: 'Another version.' } }), 'Another version.'],
    ['its database fails', () => Promise.reject(new Error('Gone.')), 'could not be opened (Gone.)'],
  ]; // prettier-ignore
  for (const [why, fails, words] of ways)
    it(`shows that it has stopped when ${why}, and answers who waited`, async () => {
      const { root, status } = await opened();
      expect(status()?.standing.kind).toBe('voter');
      let begun = (): void => undefined;
      const beginning = new Promise<void>((resolve) => (begun = resolve));
      let goOn = (): void => undefined;
      starts = async () => {
        begun();
        await new Promise<void>((resolve) => (goOn = resolve));
        return fails();
      };
      given.reopen();
      await beginning;
      const waiting = expect(root.evidence()).rejects.toThrow(words);
      goOn();
      await waiting;
      expect(status()?.standing).toMatchObject({ kind: 'stopped', reason: expect.stringContaining(words) });
      expect(await root.read('k')).toMatchObject({ error: { type: 'stopped' } });
    });
});

describe('the callback', () => {
  /** Asks the replica about a proof at every call. */
  function asker(): {
    port: AccessPort;
    calls: number[];
    judged: JudgedProof[];
    ask(root: Page['root']): void;
  } {
    const [calls, judged]: [number[], JudgedProof[]] = [[], []];
    let root: Page['root'] | null = null;
    return {
      calls,
      judged,
      ask: (of) => (root = of),
      port: {
        async ask(call): Promise<AccessAnswer> {
          calls.push(call);
          if (root) judged.push(await root.judgeProof(Uint8Array.of(0)));
          return { allowed: true };
        },
        late: () => undefined,
      },
    };
  }

  it('gets answers while its replica starts, and its calls never share a number', async () => {
    const { port, calls, judged, ask } = asker();
    const verdicts: unknown[] = [];
    starts = async (application) => {
      verdicts.push(await application.validate(PROPOSAL));
      return ok(undefined);
    };
    const { root } = await opened(port);
    ask(root);
    given.reopen();
    await expect.poll(() => verdicts.length).toBe(2);
    expect(calls).toEqual([1, 2]);
    expect(judged).toEqual([{ verdict: 'nothing' }]);
    expect(verdicts).toEqual([{ verdict: 'valid' }, { verdict: 'valid' }]);
    await root.close();
    await expect(root.judgeProof(Uint8Array.of(0))).rejects.toThrow('has stopped');
  });
});
