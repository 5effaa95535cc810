/** A replica without a face: the middleware's own calls, timed. Its worker is that of worker.ts, put in the product's place by the build. */
import { fromHex } from '../../../src/codec/brand.ts';
import { decodeGenesis, encodeGenesis } from '../../../src/codec/genesis.ts';
import { formatInvitation } from '../../../src/codec/invitation.ts';
import { networkIdOf } from '../../../src/crypto/genesis.ts';
import { createHash } from '../../../src/crypto/hash.ts';
import { randomBytes, randomHex } from '../../../src/crypto/keys.ts';
import { createDraft, createIdentity, createNetwork, join, type Network } from '../../../src/index.ts';
import { encodeBody } from '../../../src/worker/kv/value.ts';
import type { GossipAnswer, GossipQuestion, GossipRequest, GossipState } from './worker.ts';

declare global {
  interface Window {
    readonly gossip: typeof gossip;
  }
}

/** One transaction to make: `at` is milliseconds since 1970. */
export interface Planned {
  readonly at: number;
  readonly key: string;
}

export interface Timed {
  readonly at: number;
  /** Milliseconds after `at` at which it was called: the page was busy. */
  readonly late: number;
  /** From the call of `set` to its durable decision, milliseconds; null: there was none. */
  readonly milliseconds: number | null;
  /** In which it was decided. */
  readonly round: number;
  readonly error: string | null;
}

let network: Network | null = null;
let serial = 0;

const gossip = {
  newDraft: () => createDraft('Gossip'),

  async newIdentity(options: { readonly draft: string; readonly label: string; readonly id: string }) {
    const made = await createIdentity(options);
    if (!made.ok) throw new Error(made.error.message);
    return made.value;
  },

  /** A demo's network, which is what a replica has to be in to misbehave. Bytes as numbers: they leave the page. */
  async seal(options: { readonly draft: string; readonly memberKeys: readonly string[] }) {
    const made = await createNetwork({ ...options, signaling: [], rules: 1 });
    if (!made.ok) throw new Error(made.error.message);
    const ordinary = decodeGenesis(made.value.genesis);
    if (!ordinary.ok) throw new Error(ordinary.error.message);
    const genesis = { ...ordinary.value, demo: true };
    const id = networkIdOf(genesis, await createHash());
    const invitation = formatInvitation({
      network: id,
      joinSecret: randomHex(32),
      name: genesis.name,
      signaling: [],
    });
    return { invitation, genesis: [...encodeGenesis(genesis)] };
  },

  async open(options: {
    readonly identity: string;
    readonly invitation: string;
    readonly genesis: readonly number[];
  }): Promise<void> {
    const joined = await join({ ...options, genesis: Uint8Array.from(options.genesis), allow: () => true });
    if (!joined.ok) throw new Error(joined.error.message);
    network = joined.value;
  },

  ask(request: GossipRequest): Promise<GossipState> {
    const id = `${++serial}`;
    const channel = new BroadcastChannel('gossip-bench');
    return new Promise((resolve) => {
      channel.onmessage = ({ data }: MessageEvent<GossipAnswer>) => {
        if (data.answers !== id) return;
        channel.close();
        resolve(data.state);
      };
      channel.postMessage({ id, request } satisfies GossipQuestion);
    });
  },

  /** Bytes of the body that the members sign for a value as `run` sets it. */
  bodyBytes(bytes: number): number {
    const body = encodeBody(valueOf(bytes));
    if (!body.ok) throw new Error(body.error.message);
    return body.value.length;
  },

  /** Each at its time, whatever has become of those before. */
  run(input: {
    readonly planned: readonly Planned[];
    readonly bytes: number;
    readonly patience: number;
  }): Promise<Timed[]> {
    const open = network;
    if (open === null) throw new Error('No network is open.');
    return Promise.all(
      input.planned.map(async ({ at, key }): Promise<Timed> => {
        const value = valueOf(input.bytes);
        await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
        const late = performance.timeOrigin + performance.now() - at;
        const called = performance.now();
        const result = await open
          .set(key, value, { signal: AbortSignal.timeout(input.patience) })
          .catch((error: unknown) => ({ ok: false as const, error: { message: String(error) } }));
        const milliseconds = performance.now() - called;
        return result.ok
          ? { at, late, milliseconds, round: result.value.round, error: null }
          : { at, late, milliseconds: null, round: 0, error: result.error.message };
      }),
    );
  },

  async inspect(): Promise<string> {
    return JSON.stringify(await network?.inspect(), (_, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
  },
};

function valueOf(bytes: number): { readonly owner: Uint8Array; readonly points: Uint8Array } {
  return { owner: fromHex(randomHex(32)), points: randomBytes(bytes) as Uint8Array<ArrayBuffer> };
}

Object.assign(window, { gossip });
