/** Messages of RESUME signed by whom a test likes, and networks in which not everybody is linked to everybody. */
import { toHex, type InstanceId, type MemberIndex } from '../../src/codec/brand.ts';
import { decodeMessage, encodeMessage, type PeerMessage } from '../../src/codec/messages.ts';
import { RESUME_DIGEST_BYTES } from '../../src/codec/limits.ts';
import { resumeBytes } from '../../src/crypto/domains.ts';
import { createHash } from '../../src/crypto/hash.ts';
import { randomBytes } from '../../src/crypto/keys.ts';
import { until, type Cluster, type Node } from './cluster.ts';

export type Ask = Extract<PeerMessage, { type: 'resume-ask' }>;
export type Answer = Extract<PeerMessage, { type: 'resume-answer' }>;

const NONE = new Uint8Array(0);
const hash = await createHash();

/** Signs whatever it says with the key of `by`. */
export async function signedBy<M extends Ask | Answer>(cluster: Cluster, by: number, message: M): Promise<M> {
  const { network, epoch } = cluster.epoch;
  const digest = hash(encodeMessage({ ...message, signature: NONE }));
  const bytes = resumeBytes(message.type, network, epoch, digest);
  return { ...message, signature: await cluster.members[by]!.signer.signEd25519(bytes) };
}

export function askOf(cluster: Cluster, asker: number, change: Partial<Ask> = {}): Promise<Ask> {
  return signedBy(cluster, asker, {
    type: 'resume-ask',
    asker: asker as MemberIndex,
    logId: cluster.members[asker]!.logId,
    instance: toHex(randomBytes(16)) as InstanceId,
    nonce: toHex(randomBytes(16)),
    time: Math.floor(Date.now() / 1000),
    everywhere: false,
    answered: NONE,
    summary: new Uint8Array(16 * RESUME_DIGEST_BYTES),
    known: NONE,
    signature: NONE,
    ...change,
  });
}

/** An answer of `answerer` to an ask; empty and complete unless told otherwise. */
export function answerOf(
  cluster: Cluster,
  answerer: number,
  to: Pick<Ask, 'asker' | 'nonce'>,
  change: Partial<Answer> = {},
): Promise<Answer> {
  return signedBy(cluster, answerer, {
    type: 'resume-answer',
    epoch: cluster.epoch.epoch,
    asker: to.asker,
    nonce: to.nonce,
    answerer: answerer as MemberIndex,
    complete: true,
    twin: null,
    votes: [],
    certificates: [],
    signature: NONE,
    ...change,
  });
}

/** Only these pairs are linked from now on. */
export function linkOnly(cluster: Cluster, pairs: readonly (readonly [number, number])[]): void {
  const n = cluster.epoch.n;
  const wanted = new Set(pairs.map(([a, b]) => (a < b ? `${a} ${b}` : `${b} ${a}`)));
  for (let a = 0; a < n; a++)
    for (let b = a + 1; b < n; b++) if (!wanted.has(`${a} ${b}`)) cluster.hub.cut.add(`${a} ${b}`);
}

/** A ring in which everyone is linked to the next and the one after it, on both sides: degree 4. */
export const ring = (n: number, reach = 2): [number, number][] =>
  Array.from({ length: n }, (_, i) =>
    Array.from({ length: reach }, (_unused, k) => [i, (i + k + 1) % n] as [number, number]),
  ).flat();

export interface Heard {
  readonly from: number;
  readonly to: number;
  readonly bytes: Uint8Array;
  readonly message: PeerMessage;
}

/** What is sent, as it is sent; `allows` may stop it. */
export function listen(cluster: Cluster, allows: (heard: Heard) => boolean = () => true): Heard[] {
  const all: Heard[] = [];
  cluster.hub.filter = (from, to, bytes) => {
    const decoded = decodeMessage(bytes);
    if (!decoded.ok) return true;
    const heard = { from, to, bytes, message: decoded.value };
    if (decoded.value.type.startsWith('resume')) all.push(heard);
    return allows(heard);
  };
  return all;
}

/** Sends past the replica of `from`. */
export function put(from: Node, to: number, message: PeerMessage | Uint8Array): void {
  const bytes = message instanceof Uint8Array ? message : encodeMessage(message);
  for (const link of from.replica.linksOf(to as MemberIndex)) from.transport.send(link.id, bytes);
}

export const voters = (nodes: readonly Node[], patience?: number): Promise<void> =>
  until('every replica may vote', () => nodes.every((n) => n.standing.kind === 'voter'), patience);

export const pause = (milliseconds: number): Promise<void> =>
  new Promise((resolve) => setTimeout(resolve, milliseconds));
