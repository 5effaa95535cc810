/**
 * Stand-in signatures with the real interfaces. A signature is a hash of the signer's secret and the message, which only this file can
 * make or check, so a forged one is found out; an aggregate is the exclusive or of its shares, so a bad share spoils it and bisection
 * finds it, as with BLS. Costs are charged to the replica that asks. The same world also runs with the product's own cryptography.
 */
import { fromHex, toHex, type CertificateKey, type VoteKey } from '../../../src/codec/brand.ts';
import { createBls } from '../../../src/crypto/bls.ts';
import { createEd25519 } from '../../../src/crypto/ed25519.ts';
import { createSigner } from '../../../src/crypto/keys.ts';
import type { Bls, Ed25519, Hash, Signer } from '../../../src/crypto/types.ts';
import type { Costs } from './costs.ts';
import type { Cpu } from './cpu.ts';

export interface WorldCrypto {
  readonly voteKeys: readonly VoteKey[];
  readonly certificateKeys: readonly Uint8Array[];
  /** For one start of one replica. */
  tools(member: number, cpu: Cpu | null): { signer: Signer; bls: Bls; ed25519: Ed25519 };
  /** Promises of the platform that are not settled; the world waits for them before time goes on. */
  pending(): number;
}

export function simulatedCrypto(hash: Hash, n: number, costs: Costs): WorldCrypto {
  const text = new TextEncoder();
  const secrets = Array.from({ length: n }, (_, i) => fromHex(hash(text.encode(`secret of member ${i}`))));
  const voteKeys = secrets.map((s) => hash(s) as string as VoteKey);
  const certificateKeys = secrets.map((s) => {
    const half = fromHex(hash(s.slice(1)));
    return joined([half, half, half]);
  });
  const byVoteKey = new Map(voteKeys.map((key, i) => [key as string, secrets[i]!]));
  const byCertificateKey = new Map(certificateKeys.map((key, i) => [toHex(key), secrets[i]!]));
  const keyNames = new Map<Uint8Array, string>(certificateKeys.map((key) => [key, toHex(key)]));
  const mac = (secret: Uint8Array, kind: number, message: Uint8Array): Uint8Array =>
    fromHex(hash(joined([secret, Uint8Array.of(kind), message])));
  const ed = (secret: Uint8Array, message: Uint8Array): Uint8Array => {
    const half = mac(secret, 1, message);
    return joined([half, half]);
  };
  const bls = (secret: Uint8Array, message: Uint8Array): Uint8Array =>
    joined([mac(secret, 2, message), new Uint8Array(16)]);
  const secretOf = (publicKey: Uint8Array): Uint8Array | undefined =>
    byCertificateKey.get(keyNames.get(publicKey) ?? toHex(publicKey));
  // The same vote is checked by every replica, which all read it once (network.ts): one hash serves them all.
  const seen = new WeakMap<Uint8Array, { key: VoteKey; message: Uint8Array; right: boolean }>();

  return {
    voteKeys,
    certificateKeys,
    pending: () => 0,
    tools(member, cpu) {
      const charge = (what: string, milliseconds: number): void => cpu?.charge(what, milliseconds);
      /** A computation on another thread of the platform answers in a later turn; charged to this one, as a worker with one core has it. */
      const answer = <T>(value: T, cost: number): Promise<T> =>
        cpu && cost > 0 ? new Promise((resolve) => cpu.run(() => resolve(value))) : Promise.resolve(value);
      const aggregated = (keys: readonly Uint8Array[], message: Uint8Array): Uint8Array | null => {
        const sum = new Uint8Array(48);
        for (const key of keys) {
          const secret = secretOf(key);
          if (!secret) return null;
          xor(sum, bls(secret, message));
        }
        return sum;
      };
      const backend: Bls = {
        name: 'simulated',
        secretKeyFrom: (random) => random.slice(0, 32),
        publicKey: (secret) => joined([secret, secret, secret]),
        sign: bls,
        verify: (key, message, signature) => {
          charge('aggregate check', costs.aggregateCheck);
          const expected = aggregated([key], message);
          return expected !== null && same(expected, signature);
        },
        aggregate: (shares) => {
          if (shares.length === 0 || shares.some((s) => s.length !== 48)) return null;
          charge('aggregate shares', costs.aggregateShare * shares.length);
          const sum = new Uint8Array(48);
          for (const share of shares) xor(sum, share);
          return sum.every((b) => b === 0) ? null : sum;
        },
        verifyAggregate: (keys, message, signature) => {
          charge('aggregate check', costs.aggregateCheck);
          const expected = aggregated(keys, message);
          return expected !== null && same(expected, signature);
        },
        verifyMany: (items) => {
          charge('aggregate check', costs.aggregateCheck);
          return items.every(({ publicKeys, message, signature }) => {
            const expected = aggregated(publicKeys, message);
            return expected !== null && same(expected, signature);
          });
        },
        isValidPublicKey: (key) => secretOf(key) !== undefined,
        provePossession: (secret, message) => joined([mac(secret, 3, message), new Uint8Array(16)]),
        verifyPossession: () => true,
      };
      const secret = secrets[member]!;
      return {
        bls: backend,
        ed25519: {
          name: 'simulated',
          verify: (key, message, signature) => {
            charge('ed25519 verify', costs.ed25519Verify);
            const own = byVoteKey.get(key);
            const known = seen.get(signature);
            let right = false;
            if (known && known.key === key && same(known.message, message)) ({ right } = known);
            else if (own && signature.length === 64) {
              right = same(ed(own, message), signature);
              seen.set(signature, { key, message, right });
            }
            return answer(right, costs.ed25519Verify);
          },
        },
        signer: {
          voteKey: voteKeys[member]!,
          certificateKey: toHex(certificateKeys[member]!) as CertificateKey,
          signEd25519: (message) => {
            charge('ed25519 sign', costs.ed25519Sign);
            return answer(ed(secret, message), costs.ed25519Sign);
          },
          signShare: (message) => {
            charge('bls sign', costs.blsSign);
            return bls(secret, message);
          },
        },
      };
    },
  };
}

/** The product's own backends. WebCrypto answers from other threads: answers are handed out in the order of the questions. */
export async function realCrypto(hash: Hash, n: number): Promise<WorldCrypto> {
  const [bls, ed25519] = await Promise.all([createBls(), createEd25519()]);
  const text = new TextEncoder();
  const seed = (name: string): Uint8Array<ArrayBuffer> => fromHex(hash(text.encode(name)));
  const signers: Signer[] = [];
  for (let i = 0; i < n; i++) {
    const random = joined([seed(`bls ${i}`), seed(`bls ${i} more`)]).slice(0, 48);
    const keys = { voteSeed: seed(`vote ${i}`), certificateSecret: bls.secretKeyFrom(random) };
    signers.push(await createSigner(keys, bls));
  }
  let pending = 0;
  let last: Promise<unknown> = Promise.resolve();
  const inOrder = <T>(promise: Promise<T>): Promise<T> => {
    pending++;
    const mine = last.then(() => promise).finally(() => pending--);
    last = mine.catch(() => undefined);
    return mine;
  };
  return {
    voteKeys: signers.map((s) => s.voteKey),
    certificateKeys: signers.map((s) => fromHex(s.certificateKey)),
    pending: () => pending,
    tools: (member) => ({
      bls,
      ed25519: { name: ed25519.name, verify: (...question) => inOrder(ed25519.verify(...question)) },
      signer: {
        voteKey: signers[member]!.voteKey,
        certificateKey: signers[member]!.certificateKey,
        signShare: (message) => signers[member]!.signShare(message),
        signEd25519: (message) => inOrder(signers[member]!.signEd25519(message)),
      },
    }),
  };
}

export function joined(parts: readonly Uint8Array[]): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function xor(sum: Uint8Array, other: Uint8Array): void {
  for (let i = 0; i < sum.length; i++) sum[i]! ^= other[i]!;
}

function same(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
