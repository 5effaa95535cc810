/** An application of the middleware, without a face: the example in examples/owner, driven by e2e/middleware.spec.ts. */
import { ed25519 } from '@noble/curves/ed25519.js';
import { allow, change } from '../../../examples/owner/owner.ts';
import * as countersign from 'countersign';

declare global {
  interface Window {
    readonly app: typeof app;
  }
}

let network: countersign.Network | null = null;
const heard: { key: string; version: number; content: unknown }[] = [];
let ownerSeed = new Uint8Array();
let stalled = false;
let proposed: Promise<unknown> = Promise.resolve(null);
/** Keys that a loop over `changes` has seen, and what ends it. */
const followed: string[] = [];
let following = new AbortController();

export type Policy = 'owner' | 'everything' | 'stalling' | 'throwing' | 'vouchers';

/** A voucher may be spent by whoever shows that it was issued, and has another member's word for it. */
const vouchers: countersign.AccessControl = async ({ key, value, members }, tools) => {
  if (key.startsWith('issued/')) return true;
  const { proof, by, signature } = value as { proof: Uint8Array; by: string; signature: Uint8Array };
  const proven = await tools.verifyProof(proof);
  if (proven?.key !== key.replace('spent/', 'issued/') || members.length !== 4) return false;
  return tools.verifyMember(by, countersign.encodeValue([key, proven.digest]), signature);
};

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
  async createNetwork(options: Parameters<typeof countersign.createNetwork>[0]) {
    const created = await countersign.createNetwork(options);
    if (!created.ok) throw new Error(created.error.message);
    return { ...created.value, genesis: [...created.value.genesis] };
  },

  /** `policy`: the example's, a member's that votes for everything, the example's with pauses that are too long, and others as named. */
  async open(
    options: { identity: string; invitation?: string; genesis?: number[]; rules?: number },
    policy: Policy = 'owner',
  ) {
    const { genesis, ...rest } = options;
    stalled = policy === 'stalling';
    const result = await countersign.join({
      ...rest,
      ...(genesis && { genesis: Uint8Array.from(genesis) }),
      allow: async (asked, tools) => {
        while (stalled) await new Promise((resolve) => setTimeout(resolve, 50));
        if (policy === 'throwing') throw new TypeError(`the price of ${asked.key} is unknown`);
        if (policy === 'vouchers') return vouchers(asked, tools);
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
  async set(key: string, value: string) {
    return plain(await opened().set(key, value));
  },
  /** What somebody else is handed: the proof, and what checks it. */
  async prove(key: string) {
    const proof = await opened().prove(key);
    if (!proof.ok) throw new Error(proof.error.message);
    const [genesis, chain] = await Promise.all([opened().genesis(), opened().chain()]);
    return {
      network: opened().id,
      proof: [...proof.value],
      genesis: [...genesis],
      chain: chain.map((link) => [...link]),
    };
  },
  /** Without a network. */
  async check(given: { network: string; proof: number[]; genesis: number[]; chain: number[][] }) {
    const proven = await countersign.verifyProof({
      network: given.network,
      proof: Uint8Array.from(given.proof),
      genesis: Uint8Array.from(given.genesis),
      chain: given.chain.map((link) => Uint8Array.from(link)),
    });
    if (!proven.ok) return proven.error.type;
    const { key, version, value, epoch, signedBy } = proven.value;
    return { key, version, value, epoch, signers: signedBy.length };
  },
  /** This member's word that a voucher may be spent. */
  async vouch(voucher: string, digest: string) {
    const signature = await opened().sign(countersign.encodeValue([`spent/${voucher}`, digest]));
    if (!signature.ok) throw new Error(signature.error.message);
    const me = opened().status.members.find(({ self }) => self)!;
    return { by: me.id as string, signature: [...signature.value] };
  },
  async spend(voucher: string, proof: number[], word: { by: string; signature: number[] }) {
    const { by, signature } = word;
    const value = { proof: Uint8Array.from(proof), by, signature: Uint8Array.from(signature) };
    return plain(await opened().set(`spent/${voucher}`, value));
  },
  /** Sets, and does not wait. */
  propose(key: string, value: string) {
    proposed = opened()
      .set(key, value)
      .then((result) => (result.ok ? 'set' : { type: result.error.type, message: result.error.message }));
  },
  proposed: () => proposed,
  voting(key: string) {
    const found = opened().status.voting.find((one) => one.key === key);
    if (!found) return null;
    const { needed, inFavour, refusing, abstaining, silent, away, blocked } = found;
    const said = found.objections.map(({ label, kind, message }) => ({ label, kind, message }));
    return { needed, inFavour, refusing, abstaining, silent, away, blocked, said };
  },
  async inspect() {
    const { standing, n, q, self } = await opened().inspect();
    return { standing, n, q, self };
  },
  follow(prefix: string) {
    following = new AbortController();
    void (async () => {
      for await (const { key, version } of opened().changes({ prefix }, following))
        followed.push(`${key} ${version}`);
      followed.push('end');
    })();
  },
  unfollow: () => following.abort(),
  followed: () => followed,
  async keys(prefix: string) {
    const keys: string[] = [];
    for await (const { key } of opened().entries({ prefix })) keys.push(key);
    return keys;
  },
  async certificateForms(key: string) {
    const read = await opened().read(key);
    const certificate = read.ok && read.value ? await read.value.certificate() : null;
    return certificate?.groups.map((group) => group.form) ?? [];
  },
};

Object.assign(window, { app });
