/** An application of the middleware, without a face: the example in examples/owner, driven by e2e/middleware.spec.ts. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { allow, change } from '../../../examples/owner/owner.ts';
import * as countersign from '../../../src/index.ts';

declare global {
  interface Window {
    readonly app: typeof app;
  }
}

let network: countersign.Network | null = null;
const heard: { key: string; version: number; content: unknown }[] = [];
let ownerSeed = new Uint8Array();
let stalled = false;

const opened = (): countersign.Network => {
  if (!network) throw new Error('No network is open.');
  return network;
};

const contentOf = (value: countersign.Value | undefined): unknown =>
  value === undefined ? null : (value as { content?: unknown }).content;

/** Signatures do not print. */
function plain(result: countersign.Result<countersign.SetHandle, countersign.SetError>): {
  readonly ok: boolean;
  readonly version?: number;
  readonly digest?: string;
  readonly signers?: number;
  readonly error?: string;
  readonly rule?: string | undefined;
  readonly winner?: number | undefined;
} {
  if (!result.ok) {
    const { type, rule, winner } = result.error;
    return { ok: false, error: type, rule, winner: winner?.version };
  }
  const { version, digest, signers } = result.value;
  return { ok: true, version, digest, signers: signers.length };
}

const app = {
  createDraft: countersign.createDraft,
  createIdentity: countersign.createIdentity,
  async sealNetwork(options: Parameters<typeof countersign.sealNetwork>[0]) {
    const sealed = await countersign.sealNetwork(options);
    if (!sealed.ok) throw new Error(sealed.error.message);
    return { ...sealed.value, genesis: [...sealed.value.genesis] };
  },

  /** `policy`: the example's, a member's that votes for everything, or the example's with pauses that are too long. */
  async open(
    options: { identity: string; invitation?: string; genesis?: number[]; rules?: number },
    policy: 'owner' | 'everything' | 'stalling' = 'owner',
  ) {
    const { genesis, ...rest } = options;
    stalled = policy === 'stalling';
    const result = await countersign.openNetwork({
      ...rest,
      ...(genesis && { genesis: Uint8Array.from(genesis) }),
      allow: async (asked) => {
        while (stalled) await new Promise((resolve) => setTimeout(resolve, 50));
        return policy === 'everything' || allow(asked);
      },
    });
    if (!result.ok) return result.error.type;
    network = result.value;
    network.listen({ prefix: '' }, ({ key, version, value }) => {
      heard.push({ key, version, content: contentOf(value) });
    });
    return 'open';
  },

  goOn: () => void (stalled = false),
  close: () => opened().close(),
  status: () => network?.status ?? null,
  heard: () => heard,
  async content(key: string) {
    return contentOf(await opened().get(key));
  },

  /** Public key of this page's owner, made from a number so that a test can name it. */
  owner(seed: number): number[] {
    ownerSeed = new Uint8Array(32).fill(seed);
    return [...ed25519.getPublicKey(ownerSeed)];
  },
  async change(key: string, owner: number[], content: string) {
    return plain(await change(opened(), key, ownerSeed, Uint8Array.from(owner), content));
  },
  async delete(key: string) {
    return plain(await opened().delete(key));
  },
  async certificateForms(key: string) {
    const read = await opened().read(key);
    const certificate = read.ok && read.value ? await read.value.certificate() : null;
    return certificate?.groups.map((group) => group.form) ?? [];
  },
};

Object.assign(window, { app });
